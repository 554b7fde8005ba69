"""What is or ever was urgent vanishes by two people: who wrote a withdrawal down, and somebody else. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from sync_scripts.errors import NotAllowed
from sync_scripts.register.consents.checks import highest_said, unlooked
from sync_scripts.register.consents.errors import LookedAtByAnother, LookedAtByTwo
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.levels import highest_ever
from sync_scripts.register.decisions.second_look import require_other_than
from sync_scripts.register.forms.row_output import Case, Output
from sync_scripts.register.forms.submissions import Shelf
from sync_scripts.register.forms.submissions import load as load_submissions
from sync_scripts.register.history.corrections import CORRECT, RESTORE, subject_of
from sync_scripts.register.model.decision_errors import AccountShared, KeyFromFirst
from sync_scripts.register.rules.deadlines import in_force
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.urgency.cases import levels_ever
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.history.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["ever_urgent", "require_two"]


def ever_urgent(rows: Rows, units: Sequence[str]) -> bool:
    """Tell whether one of some alerts and cases ever had a level that takes two people: also before an edit, or a correction."""
    filing, alert, case = tables.filing, tables.alert, tables.case
    of_alerts = select(alert, filing.c.stamp).join(filing, filing.c.filing_no == alert.c.filing_no)
    found = rows.execute(of_alerts.where(filing.c.unit.in_(units))).mappings().all()
    codes = [unit.removeprefix("case:") for unit in units]
    of_cases = select(case.c.urgency, case.c.level).where(case.c.case_code.in_(codes))
    levels = [level for row in rows.execute(of_cases) for level in row]
    levels += [highest_ever(rows, dict(row)) for row in found]
    levels += _of_interviews(rows, codes)
    ever = highest_said(levels, store_events.read(rows, subjects=units))
    return ever in load().override.dismiss.second_person_levels


def _of_interviews(rows: Rows, codes: Sequence[str]) -> Iterator[str]:
    """Yield how the rules rate each version of the interviews of some cases, before and after every correction."""
    filing, talk = tables.filing.c, tables.interview.c
    query = select(filing.stamp, filing.root_id, filing.case_code).join_from(
        tables.filing, tables.interview, filing.filing_no == talk.filing_no
    )
    where = {
        (one.stamp, one.root_id): one.case_code
        for one in rows.execute(query.where(filing.case_code.in_(codes)))
    }
    rules = in_force(rows)
    for root, one in load_submissions(rows, where, Shelf(rows)).items():
        events = list(store_events.read(rows, subjects=[subject_of(one)], ops=[CORRECT, RESTORE]))
        case = Case(where[root], f"case:{where[root]}", {}, rules, Output())
        yield from levels_ever(one, events, case)


def require_two(by: By, units: Sequence[str], person: str | None = None) -> None:
    """Let somebody pass if another one wrote down that the person takes back, or looked at it, where that was urgent.

    A task asks for the look where the level that stood then asked for it; here it is asked for whatever stands by now.

    Args:
        by: who has it erased.
        units: subjects of all that goes with it.
        person: uid of the only one who is erased; None for everybody.

    Raises:
        OwnHandMissing, LookedAtByAnother, LookedAtByTwo: as they say; and what `require_apart` raises.
    """
    if not ever_urgent(by.rows, units):
        return
    about = [one for one in _unlooked(by.rows, units) if _of(one[1], person)]
    refused = [_refused(by, _code_of(by.rows, unit), event) for unit, event in about]
    if refused and all(refused):
        raise next(one for one in refused if one is not None)


def _of(event: Event, person: str | None) -> bool:
    return person is None or event.payload.get("person_uid") in {None, person}


def _refused(by: By, what: str, event: Event) -> NotAllowed | None:
    """Return why whoever asks is not somebody else than the one who wrote an event down; None if they are."""
    try:
        require_other_than(by, what, event)
    except (LookedAtByAnother, LookedAtByTwo, AccountShared, KeyFromFirst) as refused:
        return refused
    return None


def _unlooked(rows: Rows, units: Sequence[str]) -> Iterator[tuple[str, Event]]:
    """Yield what was written down as withdrawn or refused and of which nobody else said that they looked, by its unit."""
    for unit in units:
        yield from ((unit, event) for event, _task in unlooked(rows, unit))


def _code_of(rows: Rows, subject: str) -> str:
    """Return the code of the alert or case under which something was written down: there it is looked at."""
    if subject.startswith("case:"):
        return subject.removeprefix("case:")
    alert, filing = tables.alert, tables.filing
    query = select(alert.c.code).join(filing, filing.c.filing_no == alert.c.filing_no)
    return str(rows.execute(query.where(filing.c.unit == subject)).scalar_one())
