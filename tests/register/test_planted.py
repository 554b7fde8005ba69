"""Planted mistakes about links, consent and tiers: each is one that an honest programmer could make, and a named test finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from sync_scripts.followup import columns
from sync_scripts.followup.outbound import gather
from sync_scripts.publish.audiences import Audience
from sync_scripts.register.alert_decisions import event_links, services
from sync_scripts.register.building.row_replacement import Replacing
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.response import Intervention
from sync_scripts.register.consent_decisions import decide as deciding_
from sync_scripts.register.consent_decisions import overriding
from sync_scripts.register.consents import doors as doors_
from sync_scripts.register.consents import held_copies, other_records
from sync_scripts.register.disclosure import sharing
from sync_scripts.register.history.logbook import Ties
from sync_scripts.register.links import views
from sync_scripts.register.links.alerts import blocks
from sync_scripts.register.links.compare import Compared, Scale
from sync_scripts.store import outbox
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import register as tables
from tests.followup import test_doors as doors
from tests.publish import test_leaving as phones
from tests.register import agreeing
from tests.register import test_consent_doors as consent_doors
from tests.register import test_consents as consents
from tests.register import test_evidence_consent as pictures
from tests.register import test_leaving as matrix
from tests.register import test_leaving_apart as apart
from tests.register import test_link_rules as link_rules
from tests.register import test_links as links
from tests.register import test_overrides as overrides
from tests.register import test_owed as owed
from tests.register.agreeing import by
from tests.register.field import CASE, Field, changed

Plant = Callable[[pytest.MonkeyPatch], None]
pytestmark = pytest.mark.once

FOUND = (AssertionError, pytest.fail.Exception)


@contextmanager
def found() -> Iterator[None]:
    """Say that a test must fail here."""
    with pytest.raises(FOUND):
        yield


def refused(register: Register) -> Field:
    """Give a case whose person agreed to nothing but being documented, with a service planned."""
    made = Field(register)
    said = dict.fromkeys(("c_services", "c_justice", "c_un", "c_stats"), "no")
    made.send("case", "c1", changed(CASE, {"consent": {**said, "c_refer_identity": None}}))
    by(made, services.plan_service, agreeing.CODE, "health", provider=None)
    return made


# --- links --------------------------------------------------------------------------------------------------------


def test_a_merge_by_rule_is_found(sqlite_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is proposed beside another alert is set aside as its duplicate by the program."""
    before = Replacing.replace

    def merging(self: Replacing, *given: Any) -> None:
        before(self, *given)
        for block in blocks(self.rows, Ties({})):
            for _head, parts in block.crowd.groups():
                numbers = [block.alerts[place].number for _said, place in block.crowd.best(parts, None)]
                where = tables.alert.c.filing_no.in_(numbers)
                self.rows.execute(update(tables.alert).where(where).values(state="duplicate"))

    monkeypatch.setattr(Replacing, "replace", merging)
    with found():
        links.test_a_rule_never_merges_whatever_the_points(sqlite_register)


def test_a_proposal_that_is_kept_is_found(sqlite_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was proposed once is proposed for ever."""
    before, kept = blocks, []

    def remembered(*given: Any, **more: Any) -> Any:
        kept.append(list(before(*given, **more)))
        return iter(kept[0])

    monkeypatch.setattr(views, "blocks", remembered)
    with found():
        links.test_an_edit_takes_away_links_that_no_longer_hold(sqlite_register)


def test_a_not_same_that_is_forgotten_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision is lost with a rebuild, or never asked for."""
    monkeypatch.setattr(rebuild, "write_decisions", lambda *_given: None)
    with found():
        links.test_not_same_is_remembered(sqlite_register)


def test_a_group_that_takes_in_what_was_not_shown_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark that covers whatever is beside the alert by now."""
    for module in (views, event_links):
        monkeypatch.setattr(module, "mark_of", lambda _head, _members: "G999-AAAAAAAA")
    with found():
        links.test_what_came_after_a_group_was_shown_stays_a_question(sqlite_register)


def test_a_comparison_that_knows_who_came_first_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The families of the first alert alone are looked at."""

    def lopsided(self: Scale, a: Any, b: Any, alike: float | None = None) -> Compared:
        made = before(self, a, b, alike)
        return made if a.received <= b.received else msgspec.structs.replace(made, points=made.points + 1)

    before = Scale.compare
    monkeypatch.setattr(Scale, "compare", lopsided)
    with found():
        link_rules.test_it_is_the_same_whichever_alert_comes_first()


# --- consent ------------------------------------------------------------------------------------------------------


def test_a_referral_past_the_consent_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command takes the phone's word that consent was confirmed, or asks nobody."""
    monkeypatch.setattr(services, "covers_service", lambda *_given, **_said: True)
    with found():
        consent_doors.test_no_referral_without_consent(refused(sqlite_register))


def test_a_referral_by_the_consent_of_yesterday_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was worked out when the service was planned is asked, so nothing ever runs out."""

    def stored(rows: Rows, case_code: str, *_given: Any, **_said: Any) -> bool:
        made = tables.intervention
        (row,) = rows.execute(made.select().where(made.c.case_code == case_code))
        return bool(row.consent_ok)

    monkeypatch.setattr(services, "covers_service", stored)
    with found():
        consent_doors.test_no_referral_without_consent(refused(sqlite_register))


def _lets_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgiving(one: Any, asked: Any, agreed: Any, on: Any) -> Any:
        why = before(one, asked, agreed, on)
        return "" if why == "expired" else why

    before = sharing._stands
    monkeypatch.setattr(sharing, "_stands", forgiving)


def _forgets_whom_she_excluded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_withheld", lambda *_given: False)


def _overrides_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "OVERRIDABLE", frozenset(deciding_.PURPOSES))


def _missing_is_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(purpose: str, asked: Any, agreed: Any, at: Any, on: Any) -> Any:
        why, override = before(purpose, asked, agreed, at, on)
        return ("" if why == "missing" else why), override

    before = sharing._one
    monkeypatch.setattr(sharing, "_one", generous)


def _one_person_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(one: Any, at: Any) -> bool:
        return one.override_until is not None and at.isoformat() < one.override_until

    monkeypatch.setattr(sharing, "overridden", careless)


def _child_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_covers_child", lambda *_given: True)


def _all_lines() -> None:
    for output in matrix.ASKED:
        for state in matrix.STATES:
            matrix.test_every_state_against_every_output(output, state)


def _all_exclusions() -> None:
    for output in sharing.OUTPUTS:
        apart.test_whom_the_person_excluded_wins_over_everything(output)


def _all_overrides() -> None:
    for output in matrix.ASKED:
        for state in ("missing", "not_asked", "refused", "unable", "withdrawn"):
            apart.test_an_override_opens_what_a_vital_interest_needs_and_nothing_else(output, state)


def _no_overrides() -> None:
    one = {**apart.SIGNED, "override_by_2": None}
    apart.test_an_override_that_is_not_one_opens_nothing(matrix.AT + timedelta(hours=1), one)


@pytest.mark.parametrize(
    ("plant", "finds"),
    [
        (_lets_expired, matrix.test_consent_runs_out_on_its_day),
        (_forgets_whom_she_excluded, _all_exclusions),
        (_overrides_everything, _all_overrides),
        (_missing_is_a_yes, _all_lines),
        (_one_person_signs, _no_overrides),
        (_child_alone, _all_lines),
    ],
)
def test_a_gate_that_lets_through_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Plant, finds: Callable[[], None]
) -> None:
    """Expired, excluded, overridden for anything, missing, signed by one, a child's: each is caught by the matrix."""
    finds()
    plant(monkeypatch)
    with found():
        finds()


def test_a_withdrawal_that_leaves_a_message_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The consent is taken back and what waits to be sent is forgotten."""
    monkeypatch.setattr(outbox, "cancel", lambda *_given, **_said: 0)
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    with found():
        consents.test_a_withdrawal_happens_at_once_and_whole(field)


def test_a_withdrawal_that_leaves_a_snapshot_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept of workbooks stays."""
    monkeypatch.setattr(held_copies, "forget_snapshots", lambda *_given: 1)
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    with found():
        consents.test_a_withdrawal_happens_at_once_and_whole(field)


def test_an_override_longer_than_it_may_be_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours are not looked at when it is proposed."""
    monkeypatch.setattr(overriding, "_check_override", lambda *_given: None)
    with found():
        consent_doors.test_an_override_lasts_at_most_72_hours(refused(sqlite_register), 73)


# --- lists --------------------------------------------------------------------------------------------------------


def test_a_withdrawn_case_on_a_phone_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the case's state is looked at."""
    monkeypatch.setattr(other_records.CaseAgreed, "stopped", lambda *_given: False)
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    with found():
        consent_doors.test_a_withdrawn_case_is_off_the_next_list_of_the_phones(field)


def test_a_secret_case_on_a_phone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much a list may hold is not asked."""
    from sync_scripts.publish import audiences as of_phones

    monkeypatch.setattr(of_phones, "share_of", lambda *_given, **_said: "all")
    with found():
        phones.test_may_leave(phones.case(level="C4"), Audience((phones.NW,)), "secret")


def test_facts_without_consent_in_a_workbook_are_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The columns are filled whatever was agreed to."""
    monkeypatch.setattr(gather, "_leaves", lambda *_given: gather._Open(facts=True))
    with found():
        doors.test_a_consent_that_ran_out_takes_the_facts_along(sqlite_register)


def test_needs_without_consent_in_a_workbook_are_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is needed is written whoever needs it, and whatever that person said."""
    monkeypatch.setattr(other_records.CaseAgreed, "answer", lambda *_given: sharing.Answer(allowed=True))
    with found():
        doors.test_facts_and_needs_leave_with_their_consent(sqlite_register)


def test_evidence_by_the_consent_of_one_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the person interviewed first is asked of a picture with two people on it."""
    monkeypatch.setattr(
        doors_, "involved", lambda rows, item: [doors_._everybody(rows, item["case_code"])[0]]
    )
    with found():
        pictures.test_everybody_on_it_is_asked(sqlite_register)


def test_a_withdrawal_that_forgets_who_was_replaced_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the provider of today is told."""
    monkeypatch.setattr(Intervention, "note_told", lambda _self, _at: None)
    with found():
        owed.test_a_follow_up_that_names_another_provider_leaves_the_task_too(
            owed.case_with_directory(sqlite_register)
        )


def test_an_override_without_end_is_found(sqlite_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every three days the same two people sign again."""
    monkeypatch.setattr(overriding, "_before", lambda *_given: [])
    with found():
        overrides.test_the_third_time_is_refused_whoever_signs(overrides.unasked(sqlite_register))


def test_a_guardian_who_answers_for_an_adult_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody counts the years."""
    monkeypatch.setattr(sharing, "_grown_out_of", lambda *_given: False)
    with found():
        owed.test_a_guardians_renewal_never_outlasts_her_childhood(sqlite_register)


def test_a_column_that_a_tier_does_not_allow_is_found(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The region's column is fed from the age of the person, and the list of the tier is not asked."""
    before = gather._facts

    def telling(rows: Rows, codes: Any, gone: Any) -> Any:
        violations, _people, *rest = before(rows, codes, gone)
        ages = rows.execute(tables.person.select().where(tables.person.c.case_code.in_(codes)))
        return violations, {row.case_code: (str(row.age),) for row in ages}, *rest

    monkeypatch.setattr(gather, "_facts", telling)
    monkeypatch.setattr(columns, "check", lambda *_given: None)
    full = doors.full.__wrapped__(sqlite_register)  # type: ignore[attr-defined]  # what the fixture wraps
    with found():
        doors.test_no_canary_of_a_field_that_is_not_allowed_is_in_a_workbook(
            full, tmp_path, "T3", large=False
        )
