"""Links, consents and the directory decided in any order between phones and moves: a rebuild always gives the same bytes."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync_scripts.errors import Attention, UsageProblem
from sync_scripts.register.alert_decisions.event_links import Decision, decide
from sync_scripts.register.alert_decisions.services import refer, set_service
from sync_scripts.register.case_decisions.work import end_task, open_task
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions import overriding
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.directory.providers import set_provider, verify
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.register.copies import randomly
from tests.register.field import COORDINATOR
from tests.register.test_rebuild import Work

SECOND = Actor("SU-01", "key")
PURPOSE = st.sampled_from(["document", "services", "justice", "stats", "photo_audio"])


class More(Work):
    """The same phones and coordinator, who also decides on links and consents and keeps a directory."""

    @rule(data=st.data(), decision=st.sampled_from(["same_event", "related", "not_same"]))
    def decide_link(self, data: st.DataObject, decision: Decision) -> None:
        """Decide on whatever two alerts."""
        known = self._known(tables.alert, "code")
        one, other = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            decide(by, one, other, decision, "because")

    @rule(
        data=st.data(),
        purpose=PURPOSE,
        answer=st.sampled_from(["yes", "no", "unable"]),
        guardian=st.booleans(),
    )
    def ask_again(self, data: st.DataObject, purpose: str, answer: str, *, guardian: bool) -> None:
        """Record an answer of whatever person."""
        case, person = self._someone(data)
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            consents.record(by, case, {purpose: answer}, person=person, guardian=guardian)

    @rule(data=st.data(), purposes=st.lists(PURPOSE, max_size=2, unique=True))
    def withdraw(self, data: st.DataObject, purposes: list[str]) -> None:
        """Let whatever person withdraw something, or everything."""
        case, person = self._someone(data)
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            consents.withdraw(by, case, person=person, purposes=purposes, reason="because")

    @rule(data=st.data(), hours=st.integers(1, 72))
    def override(self, data: st.DataObject, hours: int) -> None:
        """Let two people act without consent for whatever person."""
        case, person = self._someone(data)
        with suppress(Attention, UsageProblem):
            with deciding(self.field.register, COORDINATOR, self.field.later()) as by:
                made = overriding.override(by, case, person=person, hours=hours, reason="because")
            with deciding(self.field.register, SECOND, self.field.later()) as by:
                sign(by, made.proposal)

    @rule(data=st.data(), state=st.sampled_from(["given", "refused", "unable"]))
    def consent_of_alert(self, data: st.DataObject, state: str) -> None:
        """Record what became of the consent of whatever alert."""
        code = data.draw(st.sampled_from(self._known(tables.alert, "code")))
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            record_alert(by, code, state)

    @rule(data=st.data())
    def withdraw_alert(self, data: st.DataObject) -> None:
        """Let the person of whatever alert take its consent back."""
        code = data.draw(st.sampled_from(self._known(tables.alert, "code")))
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            withdraw_alert(by, code, reason="because")

    @rule(data=st.data(), number=st.integers(0, 2), other=st.integers(0, 2))
    def refer_and_replace(self, data: st.DataObject, number: int, other: int) -> None:
        """Refer whatever person to a provider, and choose another one for any service of the case."""
        case, person = self._someone(data)
        for what, given, said in (
            (refer, (case, "health", f"PRE-0{number}"), {"person": person}),
            (set_service, (case, 1), {"provider_code": f"PRE-0{other}"}),
        ):
            with (
                suppress(Attention, UsageProblem),
                deciding(self.field.register, COORDINATOR, self.field.later()) as by,
            ):
                what(by, *given, **said)

    @rule(data=st.data(), undo=st.booleans())
    def review(self, data: st.DataObject, *, undo: bool) -> None:
        """End the review of somebody who cannot be asked, or take that back."""
        code = data.draw(
            st.sampled_from([*self._known(tables.alert, "code"), *self._known(tables.case, "case_code")])
        )
        with (
            suppress(Attention, UsageProblem),
            deciding(self.field.register, COORDINATOR, self.field.later()) as by,
        ):
            (open_task if undo else end_task)(by, code, "consent_review", reason="because")

    @rule(data=st.data(), purpose=st.sampled_from(["justice", "services"]))
    def share(self, data: st.DataObject, purpose: str) -> None:
        """Hand something of a case to somebody, of all its people or of one."""
        case, _person = self._someone(data)
        people = [row["uid"] for row in self.field.rows(tables.person) if row["case_code"] == case][:1]
        said = {"share": uuid.uuid4().hex, "purpose": purpose, "receiver": "x", "what": "dossier"}
        with deciding(self.field.register, COORDINATOR, self.field.later()) as by:
            payload = {**said, "people": [{"uid": uid, "person": ""} for uid in people]}
            if people:
                by.write(by.event("share.give", f"case:{case}", payload))

    @rule(number=st.integers(0, 2), phones=st.booleans())
    def directory(self, number: int, *, phones: bool) -> None:
        """Write a provider down, and check it."""
        with deciding(self.field.register, COORDINATOR, self.field.later()) as by:
            set_provider(by, f"PRE-0{number}", {"name": "One", "services": "health", "on_phones": phones})
            verify(by, f"PRE-0{number}")

    def _someone(self, data: st.DataObject) -> tuple[str, str | None]:
        people = [
            (row["case_code"], row["pseudonym"]) for row in self.field.rows(tables.person) if row["case_code"]
        ]
        case, person = data.draw(st.sampled_from([*people, ("DK-7Q2M4X-B", None)]))
        return str(case), person


def test_rebuild_equals_incremental_whatever_is_decided(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> None:
    """Links, consents, overrides and providers among forms, edits and moves."""
    randomly(More, template_file, holders, tmp_path, examples=8, steps=20)


@pytest.mark.slow
def test_rebuild_equals_incremental_whatever_is_decided_much_more(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> None:
    """The same, for longer."""
    randomly(More, template_file, holders, tmp_path, examples=120, steps=20)
