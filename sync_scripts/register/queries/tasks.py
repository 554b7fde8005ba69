"""The tasks of one alert or case as they are shown, each with how it ended, and what may be done next. Reads levels 0 to 2 only.

What may be done next is a hint, as commands to type: what is allowed, the lifecycle decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, func, or_, select

from sync_scripts.register.consents.confidentiality import LESS, asked_in
from sync_scripts.register.history.visibility import case_meant, sealed_from
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.register.model import codes
from sync_scripts.register.obligations.task_ends import ENDING, Came, ways
from sync_scripts.register.rules.kinds import AWAY, FALLEN
from sync_scripts.register.urgency.tasks import dangers_behind
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

__all__ = [
    "FORWARD",
    "after_alert",
    "after_case",
    "after_group",
    "alert_tasks",
    "beside_events",
    "case_tasks",
]


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
    subjects = [f"case:{code}", *_kept(rows, code), *(_alert(one.stamp, one.root_id) for one in alerts)]
    return _ended(rows, filing.case_code == code, subjects, _came(rows, code, said_no))


def _kept(rows: Rows, code: str) -> list[str]:
    """Return the subjects of the cases in which a merged one goes on: with the last of them what is due ends."""
    case, found = tables.case.c, list[str]()
    while (into := rows.execute(select(case.merged_into).where(case.case_code == code)).scalar()) is not None:
        if f"case:{into}" in found:
            break
        found.append(f"case:{into}")
        code = str(into)
    return found


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
