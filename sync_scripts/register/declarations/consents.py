"""What people decide on consents, declared: asked again, withdrawn, overridden for a vital interest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from gettext import gettext, ngettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consent_decisions.decide import PURPOSES, Recorded, Withdrawn
from sync_scripts.register.consent_decisions.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.consent_decisions.overriding import Overridden, override
from sync_scripts.register.consents.errors import PurposeUnknown
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import CODE, Declaration, named, none_of, option, place, switch
from sync_scripts.register.history import person_decisions
from sync_scripts.register.history.corrections import CORRECT
from sync_scripts.register.model import codes
from sync_scripts.register.queries.tasks import after_alert
from sync_scripts.register.rules.kinds import KINDS, label
from sync_scripts.texts import language

_PERSON: Final = option("person", "Whose consent, where the case has several people.", N_("V1"))
_PURPOSES: Final = place("purposes", N_("[PURPOSE…]"), several=True, required=False)


def _of_alert(said: Mapping[str, Any]) -> bool:
    return codes.read(said["code"], "AL") is not None


def _record(
    by: By, code: str, answers: Sequence[str], *, on: date | None, reason: str, **more: Any
) -> Recorded:
    if codes.read(code, "AL") is not None:
        return record_alert(by, code, " ".join(answers), on=on, reason=reason)
    return decide.record(by, code, dict(map(_parted, answers)), on=on, reason=reason, **more)


def _read_by_now(done: Recorded) -> Iterable[str]:
    if done.unread:
        yield gettext(
            "On {day} something came that nobody could read; it may contain a refusal, and this answer may be older. Nothing that names "
            "the person is shared for it: ask again, on a later day."
        ).format(day=done.unread)


def _parted(text: str) -> tuple[str, str]:
    purpose, sign, answer = text.partition("=")
    if not sign:
        raise PurposeUnknown(purpose=purpose, possible=", ".join(PURPOSES))
    return purpose.strip(), answer


def _withdraw(by: By, code: str, purposes: Sequence[str], *, person: str | None, reason: str) -> Withdrawn:
    if codes.read(code, "AL") is not None:
        return withdraw_alert(by, code, reason=reason)
    return decide.withdraw(by, code, person=person, purposes=purposes, reason=reason)


def _what_stops(done: Withdrawn) -> Iterable[str]:
    if done.also:
        yield gettext("It holds for the same person as {people}, too.").format(people=", ".join(done.also))
    if done.stops:
        yield gettext("All work on the case stops. The next dikalo publish takes it off the phones.")
    if done.snapshots:
        yield ngettext(
            "What was kept of {n} row of workbooks is gone.",
            "What was kept of {n} rows of workbooks is gone.",
            done.snapshots,
        ).format(n=done.snapshots)
    if done.notices:
        yield ngettext(
            "{n} waiting message was taken back.", "{n} waiting messages were taken back.", done.notices
        ).format(n=done.notices)
    if done.tasks:
        yield ngettext(
            "{n} task was raised: {what}.", "{n} tasks were raised: {what}.", len(done.tasks)
        ).format(n=len(done.tasks), what=_tasks(done.tasks))
    else:
        yield gettext("No task was raised.")


def _tasks(kinds: Sequence[str]) -> str:
    """Return what tasks ask for, each thing once."""
    short = {code: one.short.said(language()) for code, one in KINDS.items() if one.short is not None}
    return gettext("; ").join(short.get(kind) or label("task_kind", kind) for kind in dict.fromkeys(kinds))


def _after_withdrawal(done: Withdrawn) -> Iterable[str]:
    if done.now:
        yield from after_alert(done.now, done.code, consent="withdrawn")
    if done.stops:
        yield gettext(
            "Then close it: dikalo cases move {code} closure_pending --because consent_withdrawn"
        ).format(code=done.case or done.code)


def _override(by: By, code: str, purposes: Sequence[str], **said: Any) -> Overridden:
    return override(by, code, purposes=purposes or ("services",), **said)


def _signed_before(done: Overridden) -> Iterable[str]:
    if done.before:
        yield gettext(
            "There was one lately, signed by {who}: one of the two signatures must be somebody else's, and it is the last."
        ).format(who=", ".join(done.before))


RECORD: Final = Declaration(
    name="consent record",
    decide=_record,
    writes=(person_decisions.RECORD, CORRECT),
    schema="dikalo.consent_record/1",
    about="case",
    shows=named(
        "person",
        code="case",
        changes=lambda done: [
            {"purpose": purpose, "was": was, "state": now} for purpose, was, now in done.changes
        ],
    ),
    effects=_read_by_now,
    together=(
        none_of(
            ("assent",),
            N_(
                "--assent is said beside --guardian: a child's agreement stands beside the guardian's consent."
            ),
            when=lambda said: not said["guardian"],
        ),
        none_of(
            ("person", "guardian"),
            N_("An alert says one thing of consent: leave --person, --guardian and --assent out."),
            when=_of_alert,
        ),
    ),
    arguments=(
        CODE,
        place("answers", N_("PURPOSE=ANSWER…"), several=True),
        _PERSON,
        switch("guardian", "A parent or guardian answered."),
        switch("assent", "And the child agreed, too."),
        option("on", "Day of the talk; today without it.", N_("DAY"), kind="day"),
    ),
)
WITHDRAW: Final = Declaration(
    name="consent withdraw",
    decide=_withdraw,
    writes=(person_decisions.WITHDRAW,),
    schema="dikalo.consent_withdraw/1",
    shows=named(
        "code",
        "person",
        "stops",
        purposes=lambda done: list(done.purposes),
        notices_cancelled="notices",
        snapshots_emptied="snapshots",
        also=lambda done: list(done.also),
        tasks=lambda done: len(done.tasks),
        task_kinds=lambda done: list(done.tasks),
    ),
    together=(
        none_of(
            ("purposes", "person"),
            N_("An alert says one thing of consent: leave the purposes and --person out."),
            when=_of_alert,
        ),
    ),
    arguments=(CODE, _PURPOSES, _PERSON),
    effects=_what_stops,
    next_step=_after_withdrawal,
)
OF_PERSON: Final = replace(WITHDRAW, name="person withdraw")
OVERRIDE: Final = Declaration(
    name="consent override",
    decide=_override,
    writes=(),
    schema="dikalo.consent_override/1",
    about="case",
    shows=named(
        "person",
        "hours",
        "proposal",
        code="case",
        purposes=lambda done: list(done.purposes),
        signed_before=lambda done: list(done.before),
    ),
    typed=False,
    facts=_signed_before,
    arguments=(
        CODE,
        _PURPOSES,
        _PERSON,
        option(
            "hours",
            "How long it lasts from the second signature on.",
            N_("NUMBER"),
            kind="number",
            default=72,
        ),
    ),
)
