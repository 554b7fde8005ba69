"""What people decide on cases, declared: who is in charge, contacts, values, moves, services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register import decisions
from sync_scripts.register.decisions import By, Contacted, Served, Settled, Valued
from sync_scripts.register.decisions.cautions import about_person, about_provider
from sync_scripts.register.declarations import AT, CODE, NEW, UNDO, Argument, Declaration, Together
from sync_scripts.register.states import CASE_MOVES
from sync_scripts.store.canonical import instant

__all__ = ["ASSIGN", "CONTACTED", "MOVE", "NOTE", "REFER", "SET", "VERIFY"]

_VALUES: Final = {"what": "what", "was": "was", "now": "now", "written": "written", "proposal": "proposal"}


def _contacted(by: By, code: str, *, failed: bool, at: datetime | None, undo: bool, reason: str) -> Contacted:
    if undo:
        return decisions.undo_contact(by, code, reason=reason, at=at)
    return decisions.contact(by, code, reached=not failed, at=at, reason=reason)


def _after_contact(done: Contacted) -> Iterable[str]:
    """Yield what comes after the last of several contacts in a row that failed."""
    if done.lost:
        words = gettext(
            "Propose a suspension: dikalo cases move {code} suspended --because lost_contact --review DAY, with a reason."
        )
        yield words.format(code=done.code)


def _note(by: By, code: str, text: str, *, yes: bool, reason: str) -> list[Valued]:
    return [decisions.set_note(by, code, text, reason=reason, agreed=yes)]


def _set(
    by: By,
    code: str,
    *,
    urgency: Any,
    confidentiality: str | None,
    retention: str | None,
    hold: bool | None,
    reason: str,
) -> list[Valued]:
    """Decide each value that was said."""
    done: list[Valued] = []
    if urgency is not None:
        level = None if urgency == "rule" else urgency
        done.append(decisions.set_urgency(by, code, level, reason=reason))
    if confidentiality is not None:
        done.append(decisions.set_confidentiality(by, code, confidentiality, reason=reason))
    if retention is not None:
        done.append(decisions.set_retention(by, code, retention, reason=reason))
    if hold is not None:
        done.append(decisions.set_hold(by, code, held=hold, reason=reason))
    return done


def _verify(
    by: By, code: str, verification: str | None, *, incident: int, other: str | None, reason: str
) -> Settled:
    if other is not None:
        return decisions.name_other_incident(by, code, other, number=incident)
    return decisions.verify(by, code, verification or "", reason=reason, number=incident)


def _refer(
    by: By, code: str, service: str | None, *, number: str | None, state: str | None, reason: str, **said: Any
) -> Served:
    """Plan a service or refer somebody to it, or follow one that is there; and say what became of it."""
    plan_only, provider = said.pop("plan_only"), said["provider"]
    more = {"timeframe": said.pop("within"), "unlisted": said.pop("unlisted")}
    done: list[Served] = []
    if service is not None:
        more |= {"person": said.pop("person"), "reason": reason}
        del said["provider"]
        if provider is not None and not plan_only:
            done.append(decisions.refer(by, code, service, provider, **more))
        else:
            done.append(decisions.plan_service(by, code, service, provider=provider, **more))
    of, which = (code, number) if number else (done[0].code, done[0].intervention)
    if became := _became(**said):
        done.append(decisions.set_service(by, of, which, **became))
    if state is not None:
        done.append(decisions.move_service(by, of, which, state, reason=reason))
    return done[-1]


def _became(
    *,
    owner: str | None,
    note: str | None,
    appointment: datetime | None,
    provider: str | None = None,
    person: str | None = None,
) -> dict[str, Any]:
    """Return what was said of an intervention beside its state."""
    said = {
        "provider_code": provider,
        "owner_code": owner,
        "work_note": note,
        "appointment_at": instant(appointment) if appointment else None,
        "person_uid": person,
    }
    return {name: value for name, value in said.items() if value is not None}


def _before_calling(by: By, done: Served, said: Mapping[str, Any]) -> Iterable[str]:
    return [*about_provider(by, said["provider"]), *about_person(by, done.code, done.intervention)]


def _move(by: By, code: str, state: str, **said: Any) -> Any:
    days: dict[str, date | None] = {
        name: said[name].date() if said[name] else None for name in ("review_on", "accepted_on")
    }
    return decisions.move(by, code, state, **{**said, **days})


ASSIGN: Final = Declaration(
    name="cases assign",
    decide=decisions.assign,
    writes=("case.assign",),
    schema="dikalo.case-assigned/1",
    shows={
        "code": "code",
        "state": "state",
        "was": "was",
        "owner": "owner",
        "tasks": "tasks",
        "written": "written",
    },
    reason=False,
    arguments=(CODE, Argument(name="worker", shown=N_("WORKER"), required=True), NEW),
)
CONTACTED: Final = Declaration(
    name="cases contacted",
    decide=_contacted,
    writes=("case.contact", "case.contact_undo"),
    schema="dikalo.case-contacted/1",
    shows={"code": "code", "reached": "reached", "failed": "failed", "lost": "lost"},
    arguments=(
        CODE,
        Argument(name="failed", kind="flag", help=N_("Nobody was reached.")),
        AT,
        UNDO,
    ),
    repeats={"undone": "undo"},
    together=(
        Together(
            ("undo", "failed"),
            0,
            1,
            N_("--undo takes back what was written down last; leave --failed out."),
        ),
    ),
    next_step=_after_contact,
)
NOTE: Final = Declaration(
    name="cases note",
    decide=_note,
    writes=("case.note",),
    schema="dikalo.case-values/1",
    shows=_VALUES,
    each="values",
    arguments=(
        CODE,
        Argument(name="text", kind="plain", shown=N_("TEXT"), required=True),
        Argument(name="yes", kind="flag", help=N_("Empty the note without a reason.")),
    ),
)
SET: Final = Declaration(
    name="cases set",
    decide=_set,
    writes=("case.urgency", "case.confidentiality", "case.retention", "case.hold"),
    schema="dikalo.case-values/1",
    shows=_VALUES,
    each="values",
    together=(
        Together(
            ("urgency", "confidentiality", "retention", "hold"),
            1,
            4,
            N_("Say what is decided: --urgency, --confidentiality, --retention, --hold."),
        ),
    ),
    arguments=(
        CODE,
        Argument(
            name="urgency",
            choices=("critical", "high", "medium", "low", "rule"),
            help=N_("The level; rule lets the rules' result stand again."),
        ),
        Argument(
            name="confidentiality",
            choices=("C1", "C2", "C3", "C4"),
            help=N_(
                "Who may see the case: C1 also others, without identity; C2 the team of the case; C3 its owner and the coordination; C4 "
                "it is sealed, and two people open it."
            ),
        ),
        Argument(
            name="retention", choices=("minimal", "standard", "justice"), help=N_("How long it is kept.")
        ),
        Argument(
            name="hold",
            option="hold/--release",
            kind="either",
            help=N_("Put a legal hold on the case, or take it off."),
        ),
    ),
)
VERIFY: Final = Declaration(
    name="cases verify",
    decide=_verify,
    writes=("incident.verify", "incident.other"),
    schema="dikalo.settled/1",
    shows={"code": "code", "name": "name", "was": "was", "now": "now"},
    together=(
        Together(
            ("verification", "other"), 1, 1, N_("Give the level, or --other with the code of another case.")
        ),
    ),
    arguments=(
        CODE,
        Argument(name="verification", shown=N_("[LEVEL]")),
        Argument(
            name="incident",
            kind="number",
            default=1,
            shown=N_("NUMBER"),
            help=N_("Which incident, where there are several."),
        ),
        Argument(name="other", shown=N_("CASE"), help=N_("The other case of a chain of incidents.")),
    ),
)
MOVE: Final = Declaration(
    name="cases move",
    decide=_move,
    writes=("case.move",),
    schema="dikalo.case-moved/1",
    shows={
        "code": "code",
        "was": "was",
        "state": "now",
        "to": "to",
        "closure_reason": "reason",
        "owner": "owner",
    },
    own_hand=lambda said: said["state"] == "closed",
    arguments=(
        CODE,
        Argument(name="state", choices=CASE_MOVES, shown=N_("STATE"), required=True),
        Argument(
            name="because",
            shown=N_("REASON"),
            help=N_(
                "For a closure or a suspension: safety, lost_contact, survivor_request, deceased, unfounded …"
            ),
        ),
        Argument(
            name="emergency",
            kind="flag",
            help=N_("It cannot wait for its assessment, which is due in 72 hours."),
        ),
        Argument(
            name="feedback",
            choices=("yes", "no"),
            help=N_("For a closure without a form: whether the person was told the outcome."),
        ),
        Argument(
            name="risk",
            choices=("low", "medium", "high", "unknown"),
            help=N_("For a closure where no form says it: the risk now."),
        ),
        Argument(
            name="review_on",
            option="review",
            kind="day",
            shown=N_("DAY"),
            help=N_("For a suspension: when somebody looks again."),
        ),
        Argument(
            name="receiver",
            option="to",
            kind="plain",
            shown=N_("CODE"),
            help=N_("For a hand-over: who takes the case."),
        ),
        Argument(
            name="accepted_on",
            option="accepted",
            kind="day",
            shown=N_("DAY"),
            help=N_("For a hand-over: when the receiver accepted."),
        ),
    ),
)
REFER: Final = Declaration(
    name="cases refer",
    decide=_refer,
    writes=("intervention.add", "intervention.set", "intervention.move"),
    schema="dikalo.service/1",
    shows={
        "code": "code",
        "number": "number",
        "intervention": "intervention",
        "service": "service",
        "was": "was",
        "state": "now",
    },
    cautions=_before_calling,
    together=(
        Together(
            ("service", "number"),
            1,
            1,
            N_("Give a SERVICE for a new one, or --number for one that is there."),
        ),
        Together(
            ("service", "state", "provider", "owner", "note", "appointment", "person"),
            1,
            7,
            N_("Say what became of it: --state, --note, --owner, --appointment …"),
        ),
    ),
    arguments=(
        CODE,
        Argument(name="service", shown=N_("[SERVICE]")),
        Argument(
            name="provider",
            option="to",
            shown=N_("PROVIDER"),
            help=N_("The provider; without it a service of our own."),
        ),
        Argument(
            name="plan_only",
            option="plan",
            kind="flag",
            help=N_("Only plan it: nobody is told anything yet."),
        ),
        Argument(
            name="person",
            option="for",
            shown=N_("V1"),
            help=N_("For this person; of a merged case with its code: DK-…-V1."),
        ),
        Argument(
            name="within",
            shown=N_("TIME"),
            help=N_("Within how long: 1_hour, 3_hours, 1_day, 3_days …"),
        ),
        Argument(
            name="number",
            shown=N_("NUMBER"),
            help=N_("The intervention that is meant, by its number in the case."),
        ),
        Argument(
            name="state",
            choices=(
                "referred",
                "accepted",
                "rejected",
                "revoked",
                "ongoing",
                "done",
                "not_done",
                "declined",
            ),
            help=N_("Where that intervention is by now."),
        ),
        Argument(name="owner", shown=N_("CODE"), help=N_("Who does it, for a service of our own.")),
        Argument(
            name="note",
            kind="plain",
            shown=N_("TEXT"),
            help=N_("What became of it, for the team. No names."),
        ),
        Argument(name="appointment", kind="time", shown=N_("WHEN"), help=N_("When it is.")),
        Argument(
            name="unlisted",
            kind="flag",
            help=N_("The provider gives this service although the directory does not say so; with --reason."),
        ),
    ),
)
