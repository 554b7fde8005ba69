"""What people decide on cases, declared: who is in charge, contacts, values, moves, services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.alert_decisions.services import (
    Served,
    move_service,
    plan_service,
    refer,
    set_service,
)
from sync_scripts.register.case_decisions.cases import (
    Contacted,
    Valued,
    assign,
    contact,
    set_confidentiality,
    set_hold,
    set_note,
    set_retention,
    set_urgency,
    undo_contact,
)
from sync_scripts.register.case_decisions.cautions import about_person, about_provider
from sync_scripts.register.case_decisions.facts import Settled, name_other_incident, verify
from sync_scripts.register.case_decisions.moves import Moved, merge, move
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.declarations import (
    AT,
    CODE,
    NEW,
    UNDO,
    Declaration,
    named,
    not_both,
    one_of,
    option,
    place,
    some_of,
    switch,
)
from sync_scripts.register.lifecycle.moves import CASE_MOVES, INTERVENTION_MOVES
from sync_scripts.register.queries.tasks import after_case
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.canonical import instant

_VALUES: Final = named("what", "was", "now", "written", "proposal")
_MOVED: Final = named("code", "was", "to", "owner", state="now", closure_reason="reason")


def _contacted(by: By, code: str, *, failed: bool, at: datetime | None, undo: bool, reason: str) -> Contacted:
    if undo:
        return undo_contact(by, code, reason=reason, at=at)
    return contact(by, code, reached=not failed, at=at, reason=reason)


def _after_contact(done: Contacted) -> Iterable[str]:
    """Yield what comes after the last of several contacts in a row that failed."""
    if done.lost:
        words = gettext(
            "Propose a suspension: dikalo cases move {code} suspended --because lost_contact --review DAY, with a reason."
        )
        yield words.format(code=done.code)


def _note(by: By, code: str, text: str, *, agreed: bool, reason: str) -> list[Valued]:
    return [set_note(by, code, text, reason=reason, agreed=agreed)]


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
        done.append(set_urgency(by, code, level, reason=reason))
    if confidentiality is not None:
        done.append(set_confidentiality(by, code, confidentiality, reason=reason))
    if retention is not None:
        done.append(set_retention(by, code, retention, reason=reason))
    if hold is not None:
        done.append(set_hold(by, code, held=hold, reason=reason))
    return done


def _verify(
    by: By, code: str, verification: str | None, *, incident: int, other: str | None, reason: str
) -> Settled:
    if other is not None:
        return name_other_incident(by, code, other, number=incident)
    return verify(by, code, verification or "", reason=reason, number=incident)


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
            done.append(refer(by, code, service, provider, **more))
        else:
            done.append(plan_service(by, code, service, provider=provider, **more))
    of, which = (code, number) if number else (done[0].code, done[0].intervention)
    if became := _became(**said):
        done.append(set_service(by, of, which, **became))
    if state is not None:
        done.append(move_service(by, of, which, state, reason=reason))
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


def _goes_on(done: Moved) -> Iterable[str]:
    if done.owner:
        words = gettext("The work goes on in {into}, and what is still due in {code} goes to {owner}.")
    else:
        words = gettext("The work goes on in {into}, of which nobody is in charge yet.")
    yield words.format(into=done.to, code=done.code, owner=done.owner)


def _give_it(done: Moved) -> Iterable[str]:
    return () if done.owner else after_case("open_intake", done.to or "", None)


def _before_merging(by: By, done: Moved, _said: Any) -> Iterable[str]:
    """Yield that two cases are not kept equally closely, where one is a C3 or C4 case, and that a closure waits in the kept one."""
    into = done.to or ""
    own, kept = (case_of(by.rows, one)["confidentiality"] for one in (done.code, into))
    if own != kept and {own, kept} & {"C3", "C4"}:
        yield gettext(
            "The two cases are not kept equally closely: {code}: {own}; {into}: {kept}. Merging changes neither, and whoever "
            "sees one learns the code of the other."
        ).format(
            code=done.code,
            own=label("confidentiality", own),
            into=into,
            kept=label("confidentiality", kept),
        )
    if done.asked:
        yield gettext(
            "The closure of {into} was asked for without {code}: it cannot be signed as it is. Refuse it (dikalo approve {into} "
            '--withdraw --reason "…"), and ask for it again when all is dealt with.'
        ).format(into=into, code=done.code)


ASSIGN: Final = Declaration(
    name="cases assign",
    decide=assign,
    writes=("case.assign",),
    schema="dikalo.case-assigned/1",
    shows=named("code", "state", "was", "owner", "tasks", "written"),
    reason=False,
    arguments=(CODE, place("worker", N_("WORKER")), NEW),
)
CONTACTED: Final = Declaration(
    name="cases contacted",
    decide=_contacted,
    writes=("case.contact", "case.contact_undo"),
    schema="dikalo.case-contacted/1",
    shows=named("code", "reached", "failed", "lost"),
    arguments=(
        CODE,
        switch("failed", "Nobody was reached."),
        AT,
        UNDO,
    ),
    repeats={"undone": "undo"},
    together=(
        not_both(("undo", "failed"), N_("--undo takes back what was written down last; leave --failed out.")),
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
        place("text", N_("TEXT"), kind="plain"),
        switch("agreed", "Empty the note without a reason.", option="yes"),
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
        some_of(
            ("urgency", "confidentiality", "retention", "hold"),
            N_("Say what is decided: --urgency, --confidentiality, --retention, --hold."),
        ),
    ),
    arguments=(
        CODE,
        option(
            "urgency",
            "The level; rule lets the rules' result stand again.",
            choices=("critical", "high", "medium", "low", "rule"),
        ),
        option(
            "confidentiality",
            "Who may see the case: C1 also others, without identity; C2 the team of the case; C3 its owner and the coordination; C4 "
            "it is sealed, and two people open it.",
            choices=("C1", "C2", "C3", "C4"),
        ),
        option("retention", "How long it is kept.", choices=("minimal", "standard", "justice")),
        option(
            "hold", "Put a legal hold on the case, or take it off.", option="hold/--release", kind="either"
        ),
    ),
)
VERIFY: Final = Declaration(
    name="cases verify",
    decide=_verify,
    writes=("incident.verify", "incident.other"),
    schema="dikalo.settled/1",
    shows=named("code", "name", "was", "now"),
    together=(
        one_of(("verification", "other"), N_("Give the level, or --other with the code of another case.")),
    ),
    arguments=(
        CODE,
        place("verification", N_("[LEVEL]"), required=False),
        option(
            "incident", "Which incident, where there are several.", N_("NUMBER"), kind="number", default=1
        ),
        option("other", "The other case of a chain of incidents.", N_("CASE")),
    ),
)
MOVE: Final = Declaration(
    name="cases move",
    decide=move,
    writes=("case.move",),
    schema="dikalo.case-moved/1",
    shows=_MOVED,
    own_hand=lambda said: said["state"] == "closed",
    arguments=(
        CODE,
        place("state", N_("STATE"), choices=CASE_MOVES),
        option(
            "because",
            "For a closure or a suspension: safety, lost_contact, survivor_request, deceased, unfounded …",
            N_("REASON"),
        ),
        switch("emergency", "It cannot wait for its assessment, which is due in 72 hours."),
        option(
            "feedback",
            "For a closure without a form: whether the person was told the outcome.",
            choices=("yes", "no"),
        ),
        option(
            "risk",
            "For a closure where no form says it: the risk now.",
            choices=("low", "medium", "high", "unknown"),
        ),
        option(
            "review_on",
            "For a suspension: when somebody looks again.",
            N_("DAY"),
            option="review",
            kind="day",
        ),
        option("receiver", "For a hand-over: who takes the case.", N_("CODE"), option="to", kind="plain"),
        option(
            "accepted_on",
            "For a hand-over: when the receiver accepted.",
            N_("DAY"),
            option="accepted",
            kind="day",
        ),
    ),
)
MERGE: Final = Declaration(
    name="cases merge",
    decide=merge,
    writes=("case.move",),
    schema="dikalo.case-moved/1",
    shows=_MOVED,
    final=N_("Merge {code} into {to}? This is final."),
    effects=_goes_on,
    next_step=_give_it,
    cautions=_before_merging,
    arguments=(CODE, place("into", N_("INTO"))),
)
REFER: Final = Declaration(
    name="cases refer",
    decide=_refer,
    writes=("intervention.add", "intervention.set", "intervention.move"),
    schema="dikalo.service/1",
    shows=named("code", "number", "intervention", "service", "was", state="now"),
    cautions=_before_calling,
    together=(
        one_of(("service", "number"), N_("Give a SERVICE for a new one, or --number for one that is there.")),
        some_of(
            ("service", "state", "provider", "owner", "note", "appointment", "person"),
            N_("Say what became of it: --state, --note, --owner, --appointment …"),
        ),
    ),
    arguments=(
        CODE,
        place("service", N_("[SERVICE]"), required=False),
        option("provider", "The provider; without it a service of our own.", N_("PROVIDER"), option="to"),
        switch("plan_only", "Only plan it: nobody is told anything yet.", option="plan"),
        option("person", "For this person; of a merged case with its code: DK-…-V1.", N_("V1"), option="for"),
        option("within", "Within how long: 1_hour, 3_hours, 1_day, 3_days …", N_("TIME")),
        option("number", "The intervention that is meant, by its number in the case.", N_("NUMBER")),
        option("state", "Where that intervention is by now.", choices=INTERVENTION_MOVES),
        option("owner", "Who does it, for a service of our own.", N_("CODE")),
        option("note", "What became of it, for the team. No names.", N_("TEXT"), kind="plain"),
        option("appointment", "When it is.", N_("WHEN"), kind="time"),
        switch(
            "unlisted",
            "The provider gives this service although the directory does not say so; with --reason.",
        ),
    ),
)
