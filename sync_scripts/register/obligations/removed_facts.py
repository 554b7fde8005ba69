"""Acts, custodies and steps before courts that an earlier version of a form told, and the one that is read does not. Pure.

Whoever sends a form again is proved by nothing. An edit that takes an act out of it, or puts another one in its place, ends no
limit of law or medicine: its reminders stay until what they wait for happens, or a person ends them. Nothing else is made of what
is told no more: no row, no level. A no, a withdrawal and an erasure end all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.interview_history import rows_of
from sync_scripts.register.case.medical_limits import ActOf, suffered_by
from sync_scripts.register.case.people import no_since, refused
from sync_scripts.register.case_course.response import legal_row
from sync_scripts.register.forms.answers import Reading
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import corrected, subject_of
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["Untold", "left_out", "untold_acts", "untold_steps"]

Step = tuple[Filed, RowOf]
"""A visit, and the step before a court of which it tells."""


class Untold(msgspec.Struct, frozen=True):
    """What a version of an interview was the last one to tell.

    Attributes:
        filed: the interview as that version told it, as it is corrected, with all its versions.
        incidents: its facts.
        acts: those that no version since tells.
        detentions: the same of custodies.
        suffered: who suffered each of its acts.
    """

    filed: Filed
    incidents: Sequence[RowOf]
    acts: Sequence[RowOf]
    detentions: Sequence[RowOf]
    suffered: Mapping[ActOf, Collection[str]]


def untold_acts(given: CaseInput, case: Case) -> list[Untold]:
    """Return what earlier versions of the interviews of a case told of acts and custodies, and no version since.

    Not of an interview over which a no was laid: nothing of it is documented any more, and somebody looks at that no.
    """
    edited = (one for one in given.of("interview") if _edited(one) and no_since(one) is None)
    return [left for one in edited for left in left_out(one, given.said.get(subject_of(one), ()), case)]


def untold_steps(given: CaseInput, case: Case) -> list[Step]:
    """Return the step before a court that each visit told until an edit took it out, with the visit as it was then."""
    return [
        step
        for one in given.of("followup")
        if _edited(one) and one.one("legal_event") is None
        if (step := _last_step(one, given.said.get(subject_of(one), ()), case)) is not None
    ]


def _last_step(one: Filed, said: Sequence[Event], case: Case) -> Step | None:
    steps = ((then, legal_row(then, case, [])) for then in _before(one, said))
    return next(((then, row) for then, row in steps if row is not None), None)


def _edited(one: Filed) -> bool:
    return len(one.history) > 1 and not one.erased


def _before(one: Filed, said: Sequence[Event]) -> Iterator[Filed]:
    """Yield a form as each version but the one that is read told it, the newest first."""
    for _at, reading in reversed(one.history):
        if reading is not one.reading:
            yield corrected(one.showing(reading), said)


def left_out(one: Filed, said: Sequence[Event], case: Case) -> Iterator[Untold]:
    """Yield what earlier versions of an interview told of acts and custodies, and no version since."""
    seen = _named(one.reading)
    for version in _before(one, said):
        new = _named(version.reading) - seen
        if not new or refused(version):
            continue
        seen |= new
        rows = rows_of(version, case)
        acts = rows.get(tables.act, ())
        yield Untold(
            version,
            incidents=rows.get(tables.incident, ()),
            acts=[row for row in acts if ("act", row["uid"]) in new],
            detentions=[
                row for row in rows.get(tables.detention, ()) if ("detention", row["act_uid"]) in new
            ],
            suffered=suffered_by(acts, rows.get(tables.act_victim, ()), rows.get(tables.person, ())),
        )


def _named(reading: Reading) -> frozenset[tuple[str, str]]:
    """Return the acts and custodies of a version from which a limit can count: of an act without its facts none does."""
    dated = any(one.entity == "incident" for one in reading.records)
    counted = {"act", "detention"} if dated else {"detention"}
    return frozenset((one.entity, one.key) for one in reading.records if one.entity in counted)
