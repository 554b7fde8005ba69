"""The tasks of one alert or case as they are shown, each with how it ended, and what may be done next. Reads levels 0 to 2 only.

What may be done next is a hint, as commands to type: what is allowed, the lifecycle decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, func, or_, select

from sync_scripts.register.case.tasks import ended_by_decision
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.consents.confidentiality import LESS, asked_in
from sync_scripts.register.history.merges import dangers_behind, ways_on
from sync_scripts.register.history.visibility import case_meant, sealed_from
from sync_scripts.register.lifecycle.moves import CASE_LEFT, INTERVENTION_FINAL
from sync_scripts.register.model import codes
from sync_scripts.register.rules.kinds import (
    AWAY,
    DONE_BY,
    DONE_BY_MOVE,
    FALLEN,
    KINDS,
    OUTLIVE_CASE,
    OUTLIVE_ERASURE,
    STOPPED_TASKS,
)
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

Line = dict[str, Any]
_NOT_SHOWN = frozenset({"task_id", "filing_no"})


def case_tasks(rows: Rows, code: str) -> list[Line]:
    """Return what is and was due in a case, its alerts among it, what is due first first; ``ended`` says how each ended.

    Of a case that was merged into it, danger that came under the old code; then ``behind`` is that code.
    """
    behind = [one for _kept, one, _level, _due_at in dangers_behind(rows, [code])]
    dangers = [
        _shown(row) | {"behind": one}
        for one in behind
        for row in _of_case(rows, one)
        if row["kind"] == AWAY and row["done_at"] is None
    ]
    return [*dangers, *(_shown(row) for row in _of_case(rows, code))]


def alert_tasks(rows: Rows, subject: str, case: str | None) -> list[Line]:
    """Return what is and was due in an alert; ``case`` is the one in which it is. As `case_tasks`."""
    found = _of_case(rows, case) if case is not None else _of_alert(rows, subject)
    return [_shown(row) for row in found if row["subject"] == subject]


def beside_events(rows: Rows, text: str | None, actor: Actor, lines: Sequence[Line]) -> list[Line]:
    """Return lines of the log, each with the kinds of task that it left without a purpose, under ``not_needed``.

    Args:
        rows: where from.
        text: code of the alert or case whose log it is; without it nothing is looked up.
        actor: who reads: of a C4 case only its owner and the coordination see what was due.
        lines: of the log, in order.
    """
    ended = _without_purpose(rows, text, actor) if text is not None else {}
    return [{**one, "not_needed": ended.pop(one["at"], []) if one["op"] in ENDING else []} for one in lines]


def _without_purpose(rows: Rows, text: str, actor: Actor) -> dict[str, list[str]]:
    """Return the kinds of task that ended without anybody doing them, by the instant at which they ended."""
    case, alert = case_meant(rows, text), codes.read(text, "AL") if codes.read(text, "DK") is None else None
    if case in sealed_from(rows, actor):
        return {}
    if alert is not None:
        found = alert_tasks(rows, _subject(rows, alert), case)
    else:
        found = case_tasks(rows, case) if case is not None else []
    ended: dict[str, list[str]] = {}
    for row in found:
        kinds = ended.setdefault(row["done_at"] or "", [])
        if row["ended"] == "not_needed" and row["kind"] not in kinds:
            kinds.append(row["kind"])
    return ended


def _subject(rows: Rows, code: str) -> str:
    filing, alert = tables.filing, tables.alert
    query = select(filing.c.unit).join(alert, alert.c.filing_no == filing.c.filing_no)
    return str(rows.execute(query.where(alert.c.code == code)).scalar() or "")


def _shown(row: Line) -> Line:
    """Return a task as it is shown; where it tells it, ``asked`` and ``dropped`` say what somebody is to decide.

    ``asked``: a lower class that a form asks for; ``dropped``: a lower level that an edit would have brought. ``behind`` is for
    `case_tasks` to say.
    """
    line = {name: value for name, value in row.items() if name not in _NOT_SHOWN}
    asked = msgspec.to_builtins(asked_in(row)) if row["kind"] == LESS else None
    fell = {"now": row["level"] or "", "stands": row["was"], "at": row["since"]}
    dropped = fell if row["kind"] == FALLEN else None
    return {**line, "asked": asked, "dropped": dropped, "behind": None}


def _of_case(rows: Rows, code: str) -> list[Line]:
    filing, alert = tables.filing.c, tables.alert.c
    theirs = select(filing.stamp, filing.root_id, filing.received_at, alert.consent_state)
    theirs = theirs.join_from(tables.alert, tables.filing, filing.filing_no == alert.filing_no)
    alerts = rows.execute(theirs.where(filing.case_code == code)).all()
    said_no = {
        _alert(one.stamp, one.root_id): one.received_at for one in alerts if one.consent_state == "refused"
    }
    way = [code, *ways_on(rows, [code]).get(code, ())]  # with the end of it what is due in a merged one ends
    subjects = [*(f"case:{one}" for one in way), *(_alert(one.stamp, one.root_id) for one in alerts)]
    return _ended(rows, filing.case_code == code, subjects, _came(rows, code, said_no))


def _of_alert(rows: Rows, subject: str) -> list[Line]:
    filing, alert = tables.filing.c, tables.alert.c
    asked = select(filing.received_at).join_from(
        tables.alert, tables.filing, filing.filing_no == alert.filing_no
    )
    asked = asked.where(filing.unit == subject, alert.consent_state == "refused")
    came = rows.execute(asked).scalar()
    said_no = {subject: came} if came is not None else {}
    return _ended(rows, tables.task.c.subject == subject, [subject], Came(refused=said_no))


def _ended(rows: Rows, which: ColumnElement[bool], subjects: list[str], came: Came) -> list[Line]:
    task, filing = tables.task, tables.filing
    query = select(task).join(filing, filing.c.filing_no == task.c.filing_no).where(which)
    found = rows.execute(query.order_by(task.c.due_at, task.c.kind, task.c.task_id)).mappings().all()
    events = store_events.read(rows, subjects=subjects)
    return [{**row, "ended": way} for row, way in zip(found, ways(found, events, came), strict=True)]


def _came(rows: Rows, code: str, refused: Mapping[str, str]) -> Came:
    """Return when the forms of a case came; a time at which a follow-up came, too, proves no refusal."""
    detention = tables.detention.c
    seen = or_(detention.prosecutor_seen_on.is_not(None), detention.released_on.is_not(None))
    visits = set(_arrivals(rows, code, tables.followup))
    return Came(
        refused=refused,
        talks=frozenset(_arrivals(rows, code, tables.interview)) - visits,
        told={
            "assessment": frozenset(_arrivals(rows, code, tables.assessment)),
            "custody": frozenset(_arrivals(rows, code, tables.detention, seen)),
        },
        fell={
            "appointment": frozenset(_last_visits(rows, code, INTERVENTION_FINAL - {"done"})),
            "care": frozenset(_last_visits(rows, code, {"declined"})),
        },
    )


def _last_visits(rows: Rows, code: str, states: Collection[str]) -> Iterator[str]:
    """Yield when the last visit was told of on each intervention of a case that ended in some states."""
    visit, made = tables.followup.c, tables.intervention.c
    query = select(func.max(visit.at)).where(made.case_code == code, made.status.in_(sorted(states)))
    query = query.join_from(
        tables.followup, tables.intervention, visit.intervention_id == made.intervention_id
    )
    yield from rows.execute(query.group_by(made.intervention_id)).scalars()


def _arrivals(rows: Rows, code: str, table: Any, which: ColumnElement[bool] | None = None) -> Iterator[str]:
    filing = tables.filing.c
    query = select(filing.first_received_at).join_from(
        table, tables.filing, filing.filing_no == table.c.filing_no
    )
    query = query.where(filing.case_code == code)
    yield from rows.execute(query if which is None else query.where(which)).scalars()


def _alert(stamp: str, root: str) -> str:
    return f"alert:{stamp}/{root}"


FORWARD: Final = {
    "open_intake": "assessment",
    "reopened": "assessment",
    "assessment": "action_plan",
    "action_plan": "intervention",
    "intervention": "follow_up",
    "follow_up": "closure_pending",
}
"""State of a case -> the one that usually comes next."""


def waits(code: str, proposal: str) -> str:
    """Return the sentence that says that a second person is needed, and how that person signs."""
    return _(
        "This is only proposed for {code}: somebody else signs in with a passphrase of their own and runs dikalo approve "
        "{proposal}."
    ).format(code=code, proposal=proposal)


def after_alert(state: Any, code: str, case: str | None = None, *, consent: str | None = None) -> list[str]:
    """Return the lines that name what usually comes next, nothing where the alert is at its end.

    Args:
        state: of the alert now.
        code: its code.
        case: the case that it belongs to.
        consent: what it says of consent, where that is known.
    """
    if consent == "withdrawn":
        return _after_withdrawal(state, code)
    if state == "received":
        return [_("Next: dikalo alerts triage {code}").format(code=code)]
    if state == "triaged":
        words = _("Next: dikalo alerts open {code} --owner CODE; or alerts link, ask, refer, dismiss")
        who = _("Codes of workers: dikalo people list; of providers: dikalo providers list")
        return [words.format(code=code), who]
    if state == "info_requested":
        return [_("Next, once it is answered: dikalo alerts triage {code}").format(code=code)]
    return [_("Next: dikalo cases show {code}").format(code=case)] if case else []


def after_case(state: Any, code: str, owner: str | None) -> list[str]:
    """Return the line that names what usually comes next in a case, nothing where it is at its end or waits for somebody."""
    if state not in FORWARD:
        return []
    if not owner:
        return [
            _("Next: dikalo cases assign {code} WORKER (who works here: dikalo people list)").format(
                code=code
            )
        ]
    words = _("Next: dikalo cases move {code} {state}; or cases contacted, note, refer, task")
    return [words.format(code=code, state=FORWARD[state])]


def after_group(came: int, command: str) -> list[str]:
    """Return the line that says how many came into a group after it was shown, if any: they stay a question."""
    words = ngettext(
        "{n} more came since it was shown; nothing was decided on it: {command}",
        "{n} more came since it was shown; nothing was decided on them: {command}",
        came,
    )
    return [words.format(n=came, command=command)] if came else []


def _after_withdrawal(state: Any, code: str) -> list[str]:
    if state in {"received", "info_requested"}:
        words = _("Next: dikalo alerts triage {code}, then dismiss it: the consent was withdrawn.")
        return [words.format(code=code)]
    words = _('Then dismiss it: dikalo alerts dismiss {code} --reason "…"')
    return [words.format(code=code)] if state == "triaged" else []


Ended = Literal["done", "not_needed"]
RowOf = Mapping[Any, Any]


class Came(msgspec.Struct, frozen=True):
    """When forms of a unit came that may carry a refusal, or what a task asks for. Instants as text.

    Attributes:
        refused: alerts whose own form says no, by subject: when the version that says so came.
        talks: when interviews came, as far as no other form of the case came at that instant.
        told: what interviews tell (`Kind.told_by`) -> when they came.
        fell: what a task asks of a service (`Kind.of_service`) -> when visits came that say that what it was for is declined, or comes to nothing.
    """

    refused: Mapping[str, str] = {}
    talks: Collection[str] = frozenset()
    told: Mapping[str, Collection[str]] = {}
    fell: Mapping[str, Collection[str]] = {}


_ALERT_ENDS: Final = frozenset({"alert.dismiss", "alert.duplicate", "alert.refer"})
_PURGES: Final = frozenset({"alert.purge", "case.purge"})
_STOPS: Final = frozenset({"consent.record", "consent.withdraw", "consent.override", "value.correct"})
"""Ops of the decisions with which people take back, or refuse, what the work rests on."""
ENDING: Final = _ALERT_ENDS | _PURGES | _STOPS | {"case.move", "intervention.move"}
"""Ops of the decisions with which a task can lose its purpose."""


def ways(tasks: Sequence[RowOf], events: Iterable[Event], came: Came | None = None) -> Iterator[Ended | None]:
    """Yield how each task of a unit ended; None for one that is open.

    Args:
        tasks: all of an alert without a case, or of a case with its alerts.
        events: what was decided about the alert, or about the case and its alerts, in order.
        came: when forms came that may have ended a task.
    """
    known = _Known(tasks, list(events), came or Came())
    for row in tasks:
        if row["done_at"] is None:
            yield None
        else:
            yield "not_needed" if known.without_purpose(row) else "done"


class _Known:
    """What is known of the tasks of a unit."""

    def __init__(self, tasks: Sequence[RowOf], events: Sequence[Event], came: Came) -> None:
        self._said = ended_by_decision(events)
        self._came = came
        self._at: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self._at[event.at].append(event)
        worked = [row["done_at"] for row in tasks if row["kind"] in STOPPED_TASKS]
        self._stopped_by = None if None in worked else max(worked, default=None)

    def without_purpose(self, row: RowOf) -> bool:
        """Tell whether a task that ended did so only because what it was for ended."""
        happened = self._at.get(row["done_at"], ())
        if row["task_id"] in self._said or any(_does(event, row) for event in happened):
            return False
        return any(_ends(event, row) for event in happened) or self._by_form(row)

    def _by_form(self, row: RowOf) -> bool:
        """Tell whether a form that says no ended a task: nothing that stops with it may have ended later."""
        at, kind = row["done_at"], row["kind"]
        if at in self._came.fell.get(KINDS[kind].of_service or "", ()):
            return KINDS[kind].of_service != "appointment" or bool(at < row["due_at"])
        if KINDS[kind].by_refusal and self._came.refused.get(row["subject"]) == at:
            return True
        if kind not in STOPPED_TASKS or self._stopped_by != at:
            return False
        if at in self._came.talks:
            return not KINDS[kind].by_talk and at not in self._came.told.get(KINDS[kind].told_by or "", ())
        return at in self._came.refused.values()


def _does(event: Event, row: RowOf) -> bool:
    """Tell whether a decision does a task."""
    kind, said = row["kind"], event.payload
    if event.op == "case.move":
        return kind in DONE_BY_MOVE.get(said["to"], ())
    if event.op == "alert.dismiss":
        return kind == CHECK and bool(said.get("second"))
    if event.op == "intervention.move" and KINDS[kind].of_service == "appointment":
        return said["to"] == "done" or bool(event.at >= row["due_at"])
    if event.op == "intervention.move" and (said["to"] == "revoked" or _declined_care(kind, said)):
        return False
    return kind in DONE_BY.get(event.op, ())


def _ends(event: Event, row: RowOf) -> bool:
    """Tell whether with a decision that ends at which a task stands, nothing is left of what it was for."""
    kind = row["kind"]
    if event.op in _ALERT_ENDS:
        return bool(event.subject == row["subject"])
    if event.op == "case.move":
        return event.payload["to"] in CASE_LEFT and kind not in OUTLIVE_CASE
    if event.op in _PURGES:
        return kind not in OUTLIVE_ERASURE
    if event.op in _STOPS:
        return kind in STOPPED_TASKS
    return event.op == "intervention.move" and (
        KINDS[kind].of_service in {"appointment", "answer"} or _declined_care(kind, event.payload)
    )


def _declined_care(kind: str, said: Mapping[str, Any]) -> bool:
    """Tell whether care before a limit of medicine was declined: then nobody gave it, and nobody has to any more."""
    return KINDS[kind].of_service == "care" and said["to"] == "declined"
