"""Who may answer for whom: a guardian for a child, the family for somebody who cannot be asked; nobody over her own word. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.consents.adults import adults, children
from sync_scripts.register.consents.errors import GuardianNoMore, SpeaksForHerself
from sync_scripts.register.consents.other_records import records_with
from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW, decided_about
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["SPOKEN", "spoken_for"]

SPOKEN: Final = "spoken"
"""Name in the payload of what was recorded: the purposes about which somebody else answered, and might."""
_NO: Final = frozenset({"refused", "withdrawn"})
_OTHERS: Final = frozenset({"guardian", "assent"})
"""States of a yes that somebody else gave."""
_ANY: Final = ""
"""Stands in the answers of `_words` for whoever spoke in the interview."""


def spoken_for(
    rows: Rows,
    person: tuple[str, str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    day: date,
) -> list[str]:
    """Return about which purposes somebody else might answer for a person: for a child, or about what she cannot be asked.

    For an adult also where whoever told of her in the interview was not herself, as with a missing man. Whose age nobody wrote
    down counts as a child, except that her own word stays hers. A no is never kept out: without that right it counts as hers.

    Args:
        rows: the register.
        person: code of the case, uid, pseudonym, id of the interview.
        made: what was answered.
        stands: what stands of hers, by purpose.
        day: of the talk.

    Raises:
        GuardianNoMore: she was a child, and is an adult by then, and it is a yes.
        SpeaksForHerself: she is an adult, or answered herself.
    """
    code, uid, pseudonym, interview = person
    grown = adults(rows, [code]).get((uid, interview))
    answered = list(made)
    if grown is not None and grown <= day.isoformat():
        if any(one.state in GIVEN for one in answered):
            raise GuardianNoMore(case=code, person=pseudonym, day=grown)
        return []
    child = children(rows, [code]).get(uid)
    if child:
        return [one.purpose for one in answered]
    words, might = _words(rows, code, uid), []
    for one in answered:
        before = stands.get(one.purpose)
        hers = words.get(one.purpose)
        others = hers is False or words.get(_ANY) is False
        if (before is not None and before.state == "unable") or not (hers or (child is False and not others)):
            might.append(one.purpose)
        elif one.state in GIVEN:
            age = "adult" if child is False else "age"
            whose = age if hers else ""
            raise SpeaksForHerself(case=code, person=pseudonym, purpose=one.purpose, answered=whose)
    return might


def _words(rows: Rows, code: str, uid: str) -> dict[str, bool]:
    """Return of each purpose about which somebody answered whether it was the person herself, in any record of her."""
    found: dict[str, bool] = {}
    for case, who in [(code, uid), *records_with(rows, code, uid)]:
        said = dict(_told(rows, case, who))
        for event in decided_about(rows, [case], [RECORD, WITHDRAW]).get(case, ()):
            if event.payload["person_uid"] == who:
                said |= _decided(event, said)
        for purpose, hers in said.items():
            found[purpose] = hers or found.get(purpose, False)
    return found


def _decided(event: Event, before: Mapping[str, bool]) -> dict[str, bool]:
    """Return the same of what was recorded or taken back; that she cannot be asked is no word of hers."""
    said: dict[str, Any] = event.payload
    if event.op == WITHDRAW:
        return dict.fromkeys(said["purposes"], True)
    answers = {one["purpose"]: one["state"] for one in said["consents"] if one["state"] != "unable"}
    return {purpose: _hers(said, purpose, state, before) for purpose, state in answers.items()}


def _hers(said: Mapping[str, Any], purpose: str, state: str, before: Mapping[str, bool]) -> bool:
    """Tell whether the person herself answered.

    An earlier version did not write that down: there a guardian answered about what nobody had, and whoever renewed a guardian's
    yes said no more than whose word it was by then.
    """
    if purpose in said.get(SPOKEN, ()):
        return False
    was = said["was"].get(purpose)
    if state in _OTHERS and was in _OTHERS:
        return before.get(purpose, False)
    return state not in _OTHERS or was not in {"not_asked", "unable"}


def _told(rows: Rows, case: str, uid: str) -> Iterator[tuple[str, bool]]:
    """Yield the same of what forms say: a yes is hers where it stands as given, a no where she was the one who spoke."""
    consent, talk, filing = tables.consent, tables.interview, tables.filing
    asked = (
        select(consent.c.purpose, consent.c.state, talk.c.consent_by)
        .join(talk, talk.c.filing_no == consent.c.filing_no)
        .join(filing, filing.c.filing_no == consent.c.filing_no)
        .where(consent.c.person_uid == uid, filing.c.case_code == case)
    )
    for row in rows.execute(asked):
        spoke = (row.consent_by or "self") == "self"
        yield _ANY, spoke
        if row.state == "given" or row.state in _NO:
            yield row.purpose, row.state == "given" or spoke
