"""Reminders before limits of law and medicine of a whole case: which limit is ahead first, which are of one matter, which an edit took out. Pure.

When a case is closed or handed over its reminders before custody limits, clinical limits, hearings and appeals end with it. A form
that comes afterwards may tell of such a limit, and of nothing else that is urgent. What settles one reminder settles all of its
matter and no other. What an edit or a refusal takes away is looked at before the limit that ran until then: it makes nothing later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.courts import Step, appeals, hearings
from sync_scripts.register.case.custody import custody_limits
from sync_scripts.register.case.form_versions import rows_of, stood_until
from sync_scripts.register.case.medical_limits import ActOf, Ends, care_limits, suffered_by
from sync_scripts.register.case.people import no_since, refused
from sync_scripts.register.case.response import legal_row
from sync_scripts.register.case.tasks import (
    Conditions,
    Holder,
    Occasion,
    ended_by_decision,
    limit_of,
    tasks_of,
)
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.forms.answers import Reading
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import act_times, corrected, subject_of, violated
from sync_scripts.register.rules.kinds import FALLEN, KINDS, LIMITS
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


def form_limits(one: Filed, said: Sequence[Event], case: Case, ended: Ends) -> Iterator[RowOf]:
    """Yield the reminders that an interview or a visit gives; of what an earlier edit took out of an interview, too.

    Args:
        one: the form as it stood.
        said: what was decided about it until then, in order.
        case: where it belongs, with the rules; its rows are not touched.
        ended: when services ended, by person.
    """
    holder = Holder(one.number, case.unit, None, case.rules)
    if one.kind == "interview" and not refused(one):
        for facts in (facts_of([one], rows_of(one, case.code, case.rules)), *left_out(one, said, case)):
            yield from facts.reminders(holder, ended)
    elif one.kind == "followup" and (row := legal_row(one, case, [])) is not None:
        yield from tasks_of(Courts([one], [row], case.rules), holder, COURTS)


class Courts(NamedTuple):
    """Visits, the steps before courts of which they tell, and those that an edit took out."""

    visits: Sequence[Filed]
    steps: Sequence[RowOf]
    rules: Ruleset
    removed: Sequence[Step] = ()


COURTS: Final[Conditions[Courts]] = (
    ("hearing", lambda one: hearings(one.visits, one.steps, one.rules, removed=one.removed)),
    ("appeal_limit", lambda one: appeals(one.visits, one.steps, one.rules, removed=one.removed)),
)
"""What steps before courts open."""


def limit_ahead(tasks: Iterable[RowOf], numbers: Collection[int], since: datetime) -> datetime | None:
    """Return when the first reminder is due of a limit that was ahead at an instant; None where no form brings one.

    Where every reminder of a limit was past by then, it is due at once. A limit that was past itself asks for nothing.

    Args:
        tasks: of the case, as the rules raise them; what a fact has ended is left out.
        numbers: of the forms.
        since: from when time is counted.
    """
    due: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for row in tasks:
        mine = row["kind"] in LIMITS and row["filing_no"] in numbers and row["done_at"] is None
        if mine and limit_of(row["due_at"], row["before_h"]) > since:
            limit = row["kind"], row["subject"], row["about"], row["variant"]
            due[limit].append(moment(row["due_at"]))
    first = (min((one for one in some if one > since), default=since) for some in due.values())
    return min(first, default=None)


def same_matter(row: Mapping[Any, Any], rows: Iterable[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    """Return the other reminders of the matter that a task is about; none of a task that is no reminder before a limit.

    Args:
        row: the task.
        rows: tasks of its case.
    """
    if KINDS[row["kind"]].limit is None:
        return []
    return [one for one in rows if one["task_id"] != row["task_id"] and _matter(one) == _matter(row)]


def _matter(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    if KINDS[row["kind"]].limit == "subject":
        return row["kind"], row["subject"]
    return row["kind"], row["subject"], row["about"], limit_of(row["due_at"], row["before_h"])


_LOOKS = frozenset({CHECK, FALLEN})


def looks_in_time(given: CaseInput, case: Case, events: Sequence[Event], ended: Ends) -> None:
    """Make the second looks of a case due no later than the next reminder of a limit that ran until then.

    Args:
        given: what the case is made of.
        case: its rows so far; its tasks as the rules raise them.
        events: what was decided about it and what belongs to it, in order.
        ended: when services ended, by person.
    """
    tasks = case.out.rows[tables.task]
    looks = [row for row in tasks if row["kind"] in _LOOKS]
    if not looks:
        return
    goes_on = {row["task_id"] for row in tasks if row["done_at"] is None}
    for row in looks:
        at = moment(row["since"])
        stood = list(limits_until(given, case, at, ended))
        if row["kind"] == FALLEN:  # what goes on has its own reminders; with a no all of it ends
            _sooner(row, at, [one for one in stood if one["task_id"] not in goes_on], events)
        else:
            _sooner(row, at, [*tasks, *stood], events)


def alert_looks_in_time(tasks: Sequence[RowOf], events: Sequence[Event]) -> None:
    """Do the same for the tasks of an alert without a case: its care that is due at once is such a limit."""
    for row in tasks:
        if row["kind"] in _LOOKS:
            _sooner(row, moment(row["since"]), tasks, events)


def _sooner(look: RowOf, since: datetime, rows: Iterable[RowOf], events: Sequence[Event]) -> None:
    at = instant(since)
    ended = ended_by_decision(one for one in events if one.at < at)
    stood = [
        {**row, "done_at": None}
        for row in rows
        if (row["done_at"] is None or row["done_at"] >= at) and row["task_id"] not in ended
    ]
    first = limit_ahead(stood, {row["filing_no"] for row in stood}, since)
    if first is not None:
        look["due_at"] = min(look["due_at"], instant(first))


def limits_until(given: CaseInput, case: Case, at: datetime, ended: Ends) -> Iterator[RowOf]:
    """Yield the reminders of custody and care that the interviews of a case gave just before an instant.

    Also of what an earlier edit had taken out of them by then. Visits are not looked at: an edit takes no hearing away.
    """
    for one in given.of("interview"):
        said = given.said.get(subject_of(one), ())
        then = stood_until(one, said, instant(at))
        if then is not None:
            yield from form_limits(then, said, case, ended)


class FormFacts(msgspec.Struct, frozen=True):
    """What some interviews say of acts and custodies, from which limits of law and medicine count.

    Attributes:
        forms: the interviews, as they are corrected, with all their versions.
        incidents: their facts. acts, detentions: those of which reminders are made.
        suffered: who suffered each of the acts.
    """

    forms: Sequence[Filed]
    incidents: Sequence[RowOf]
    acts: Sequence[RowOf]
    detentions: Sequence[RowOf]
    suffered: Mapping[ActOf, Collection[str]]

    def reminders(self, holder: Holder, ended: Ends) -> Iterator[RowOf]:
        """Yield the reminders before each limit of custody and of care; ``ended``: when services ended, by person."""
        yield from tasks_of((self, holder.rules, ended), holder, FACTS)

    def act_times(self, rules: Ruleset) -> Iterator[tuple[datetime, frozenset[str]]]:
        """Yield the instants that each incident can mean, with what all the acts are."""
        for one in self.forms:
            done = frozenset(name for act in self.acts for name in violated(act, one))
            yield from ((at, done) for row in self.incidents for at in act_times(row, one, rules))


FACTS: Final[Conditions[tuple[FormFacts, Ruleset, Ends]]] = (
    ("custody_limit", lambda one: custody_limits(one[0].forms, one[0].detentions, one[0].incidents, one[1])),
    ("clinical_limit", lambda one: _care(*one)),
)
"""What acts and custodies open."""


def _care(facts: FormFacts, rules: Ruleset, ended: Ends) -> Iterator[Occasion]:
    return care_limits(facts.forms, facts.incidents, facts.acts, rules, suffered=facts.suffered, ended=ended)


def facts_of(forms: Sequence[Filed], rows: Mapping[Table, Sequence[RowOf]]) -> FormFacts:
    """Return what interviews say of acts and custodies, from their rows."""
    acts = rows.get(tables.act, ())
    return FormFacts(
        forms,
        incidents=rows.get(tables.incident, ()),
        acts=acts,
        detentions=rows.get(tables.detention, ()),
        suffered=suffered_by(acts, rows.get(tables.act_victim, ()), rows.get(tables.person, ())),
    )


def removed_facts(given: CaseInput, case: Case) -> list[FormFacts]:
    """Return what earlier versions of the interviews of a case told of acts and custodies, and no version since.

    Not of an interview over which a no was laid: nothing of it is documented any more, and somebody looks at that no.
    """
    edited = (one for one in given.of("interview") if _edited(one) and no_since(one) is None)
    return [left for one in edited for left in left_out(one, given.said.get(subject_of(one), ()), case)]


def removed_steps(given: CaseInput, case: Case) -> list[Step]:
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


def left_out(one: Filed, said: Sequence[Event], case: Case) -> Iterator[FormFacts]:
    """Yield what earlier versions of an interview told of acts and custodies, and no version since."""
    seen = _named(one.reading)
    for version in _before(one, said):
        new = _named(version.reading) - seen
        if not new or refused(version):
            continue
        seen |= new
        told = facts_of([version], rows_of(version, case.code, case.rules))
        yield msgspec.structs.replace(
            told,
            acts=[row for row in told.acts if ("act", row["uid"]) in new],
            detentions=[row for row in told.detentions if ("detention", row["act_uid"]) in new],
        )


def _named(reading: Reading) -> frozenset[tuple[str, str]]:
    """Return the acts and custodies of a version from which a limit can count: of an act without its facts none does."""
    dated = any(one.entity == "incident" for one in reading.records)
    counted = {"act", "detention"} if dated else {"detention"}
    return frozenset((one.entity, one.key) for one in reading.records if one.entity in counted)
