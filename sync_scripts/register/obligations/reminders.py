"""The reminders before limits of law and medicine that one form gives, as it stood at some time. Pure.

Of a whole case they are made together (`case_due`): there a later visit ends what an earlier one told of, which is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync_scripts.register.case.courts import appeal_tasks, hearing_tasks
from sync_scripts.register.case.interview_history import rows_of
from sync_scripts.register.case.medical_limits import Ends, care_tasks, suffered_by
from sync_scripts.register.case.people import refused
from sync_scripts.register.case_course.response import legal_row
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.obligations.critical_tasks import custody_tasks
from sync_scripts.register.obligations.removed_facts import left_out
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["form_limits"]


def form_limits(one: Filed, said: Sequence[Event], case: Case, ended: Ends) -> Iterator[RowOf]:
    """Yield the reminders that an interview or a visit gives; of what an earlier edit took out of an interview, too.

    Args:
        one: the form as it stood.
        said: what was decided about it until then, in order.
        case: where it belongs, with the rules; its rows are not touched.
        ended: when services ended, by person.
    """
    if one.kind == "interview" and not refused(one):
        yield from _of_interview(one, said, case, ended)
    elif one.kind == "followup" and (row := legal_row(one, case, [])) is not None:
        code = case.code or ""
        yield from hearing_tasks([one], [row], code, None, case.rules)
        yield from appeal_tasks([one], [row], code, None, case.rules)


def _of_interview(one: Filed, said: Sequence[Event], case: Case, ended: Ends) -> Iterator[RowOf]:
    rows = rows_of(one, case)
    facts, acts = rows.get(tables.incident, ()), rows.get(tables.act, ())
    suffered = suffered_by(acts, rows.get(tables.act_victim, ()), rows.get(tables.person, ()))
    yield from custody_tasks([one], rows.get(tables.detention, ()), facts, None, case.rules)
    yield from care_tasks([one], facts, acts, case.rules, suffered=suffered, ended=ended)
    for left in left_out(one, said, case):
        yield from custody_tasks([left.filed], left.detentions, left.incidents, None, case.rules)
        yield from care_tasks(
            [left.filed], left.incidents, left.acts, case.rules, suffered=left.suffered, ended=ended
        )
