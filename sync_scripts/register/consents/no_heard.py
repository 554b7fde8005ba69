"""Since when somebody says no to the work: the moment of the no itself, whatever was decided about the case since. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select

from sync_scripts.register.agreeing import Ended
from sync_scripts.register.as_it_stood import as_of, told_of
from sync_scripts.register.brought import ABOUT_PEOPLE, decided_about
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, TAKEN_OUT, corrected, subject_of
from sync_scripts.register.ended_overrides import ended_by, ended_overrides
from sync_scripts.register.one_person import joined_talks
from sync_scripts.register.people import refused
from sync_scripts.register.ruleset import load
from sync_scripts.register.said_no import SaidNo, noes_left, said_no
from sync_scripts.register.submissions import Filed, Shelf
from sync_scripts.register.submissions import load as load_submissions
from sync_scripts.register.taken_back import heard
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["NO", "WORK", "No", "no_heard", "noes_in"]

WORK: Final = frozenset({"document", "services"})
"""Purposes on which the work on a case rests."""
NO: Final = frozenset({"refused", "withdrawn"})
"""States of a consent that say no."""
No = tuple[str, str]
"""uid, purpose."""


def no_heard(rows: Rows, code: str) -> Mapping[No, str]:
    """Return of each no to the work that stands in a case when the register heard it: the first time since the last yes.

    A no that is said again, or anything else that is decided later, is not it; one that ends an override is a new one, since
    until then her facts went out again.
    """
    given = _input(rows, code)
    interviews = given.of("interview")
    said = {one.root: given.said.get(subject_of(one), ()) for one in interviews}
    ended = ended_overrides(given, load())
    since: dict[No, str] = {}
    lain: set[No] = set()
    for at in sorted(heard(interviews, given)):
        then = [(now, one) for one in interviews if (now := as_of(one, said[one.root], at)) is not None]
        decided = [event for event in given.about_people if event.at <= at]
        stand, over = _noes(then, decided, code, ended_by(ended, at))
        since = {one: at if one in lain - over else since.get(one, at) for one in stand}
        lain = over
    return since


def noes_in(rows: Rows, code: str) -> list[tuple[bool, list[tuple[str, str, SaidNo]]]]:
    """Return to what each interview of a case says no, by `noes_left`, and whether nobody is left in it by now."""
    given = _input(rows, code)
    return [
        (
            refused(one),
            list(noes_left(list(said_no(one, given.said.get(subject_of(one), ()), load())))),
        )
        for one in given.of("interview")
    ]


def _noes(
    then: Sequence[tuple[Filed, Filed]], decided: Sequence[Event], code: str, ended: Ended
) -> tuple[set[No], set[No]]:
    """Return who said no to what, by the interviews as they stood (each beside all of it) and what was decided by then.

    And over whose answer to what two people laid an override, also one that ran out since.
    """
    found: dict[str, set[str]] = {}
    over: set[No] = set()
    for talk in joined_talks([now for now, _ in then], decided, code, load(), ended).values():
        for uid, consents in talk.people.items():
            noes = {one.purpose for one in consents if one.state in NO or one.withdrawn_at is not None}
            found.setdefault(uid, noes & WORK)
            over |= {(uid, one.purpose) for one in consents if one.override_until}
    for now, filed in then:
        if refused(now):
            found |= {uid: set(WORK) for uid in told_of(filed)}
    return {(uid, purpose) for uid, purposes in found.items() for purpose in purposes}, over


def _input(rows: Rows, code: str) -> CaseInput:
    """Return the interviews of a case, and what was decided about them and it."""
    filing, talk, unit = tables.filing.c, tables.interview.c, f"case:{code}"
    query = select(filing.stamp, filing.root_id).join_from(
        tables.filing, tables.interview, filing.filing_no == talk.filing_no
    )
    roots = [(row.stamp, row.root_id) for row in rows.execute(query.where(filing.case_code == code))]
    found = list(load_submissions(rows, roots, Shelf(rows)).values())
    said: dict[str, list[Event]] = {subject_of(one): [] for one in found}
    for event in store_events.read(rows, subjects=list(said), ops=[CORRECT, RESTORE, TAKEN_OUT]):
        said[event.subject].append(event)
    filed = sorted((corrected(one, said[subject_of(one)]) for one in found), key=_arrival)
    decided = list(store_events.read(rows, subjects=[unit]))
    about = decided_about(rows, [code], sorted(ABOUT_PEOPLE)).get(code, ())
    came = [one for one in about if one.subject != unit]
    return CaseInput(code, unit, filed, decided, (), {}, said, brought=came)


def _arrival(one: Filed) -> tuple[object, object]:
    return one.received[0], one.root
