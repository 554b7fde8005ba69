"""Random histories of the consents of one case, and the same history as the program reads it: an arrival a minute, no database."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.form_versions import as_of
from sync_scripts.register.case.people import refused
from sync_scripts.register.consents.history import History
from sync_scripts.register.consents.talks import Talks
from sync_scripts.register.forms.answers import GIVEN, Reading, Record
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.history.person_decisions import RECORD, SAME, WITHDRAW
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.events import Event
from tests.laws.consent_model import ASKED, Arrival, Recorded, Same, Version, Withdrawn, forms

_BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
_ACTOR: Final = Actor("CO-01", "key")
CODE: Final = "DK-1"


def history_of(chance: random.Random, most: int = 8) -> list[Arrival]:
    """Return what reached one case: versions of three forms, perhaps in another order than the phone made them, and decisions."""
    made: list[Arrival] = []
    numbers: dict[str, list[int]] = {}
    for _ in range(chance.randint(1, most)):
        kind = chance.choice("vvvvrrws") if numbers else "v"
        form = chance.choice("abc" if kind == "v" else sorted(numbers))
        if kind == "v":
            free = [n for n in range(1, 20) if n not in numbers.get(form, [])]
            number = free[0] if chance.random() < 0.8 else free[1]
            numbers.setdefault(form, []).append(number)
            refuses = frozenset(chance.sample(ASKED, chance.choice((0, 0, 1, 2))))
            made.append(Version(form, number, refuses, chance.random() < 0.15))
        elif kind == "r":
            begun = next(n for n, one in enumerate(made, 1) if isinstance(one, Version) and one.form == form)
            read = chance.randint(begun, len(made)) if chance.random() < 0.4 else len(made)
            made.append(Recorded(form, chance.choice(ASKED), chance.random() < 0.8, read))
        elif kind == "w":
            made.append(Withdrawn(form, chance.choice(ASKED)))
        elif len(numbers) > 1:
            made.append(Same(*chance.sample(sorted(numbers), 2)))
    return made


histories = st.randoms(use_true_random=False).map(history_of)


def case(arrivals: Sequence[Arrival]) -> CaseInput:
    """Return the case that some arrivals make."""
    filed = [_filed(form, arrivals) for form in forms(arrivals)]
    events = [_event(n, one) for n, one in enumerate(arrivals) if not isinstance(one, Version)]
    return CaseInput(CODE, f"case:{CODE}", filed, events, (), {})


def _at(n: int) -> datetime:
    return _BEGIN + timedelta(minutes=n)


def _filed(form: str, arrivals: Sequence[Arrival]) -> Filed:
    came = [(n, one) for n, one in enumerate(arrivals) if isinstance(one, Version) and one.form == form]
    history = tuple((_at(n), _reading(one)) for n, one in came)
    shown = max(range(len(came)), key=lambda place: came[place][1].number)
    at, reading = history[shown]
    return Filed(
        root=("case", form),
        number=came[0][0] + 1,
        server="central",
        form="case",
        instance_id=form,
        form_version="1",
        kind="interview",
        reading=reading,
        records=by_entity(reading),
        received=(history[0][0], at),
        ended=None,
        versions=len(came),
        roads=1,
        maybe_draft=False,
        encryption=None,
        gone=None,
        history=history,
        arrivals={_at(n): n + 1 for n, _one in came},
    )


def _reading(one: Version) -> Reading:
    gate = {"is_private": "yes", "consent_case": "no" if one.whole else "yes"}
    records = [Record("interview", one.form, "", {**gate, "doc_date": "2026-03-02"})]
    if not one.whole:
        answers = {purpose: "no" if purpose in one.refuses else "yes" for purpose in ASKED}
        records.append(Record("person", one.form, one.form, {"number": "1"}))
        records += [
            Record("consent", f"{one.form}:{name}", one.form, {name: said}) for name, said in answers.items()
        ]
    return Reading(tuple(records), (), (), {})


def _event(n: int, one: Recorded | Withdrawn | Same) -> Event:
    said: dict[str, Any]
    if isinstance(one, Same):
        op, said = SAME, {"uid": one.form, "other_uid": one.other, "other_case": CODE, "decision": "same"}
    elif isinstance(one, Withdrawn):
        op, said = WITHDRAW, {"person_uid": one.form, "purposes": [one.purpose], "was": {}}
    else:
        day = {"given_at": "2026-03-02", "expires_at": "2027-03-02"} if one.agrees else {}
        answer = {"purpose": one.purpose, "state": "given" if one.agrees else "refused", **day}
        said = {"interview": one.form, "person_uid": one.form, "consents": [answer], "arrival": one.read}
        op = RECORD
    return Event("w", n + 1, instant(_at(n)), op, f"case:{CODE}", said, _ACTOR, "")


def given(arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Return on what something may rest, as the program says: form and purpose."""
    made = case(arrivals)
    refusals = History(made, load()).refusals
    talks = Talks(made, load(), refusals).joined()
    return {
        (name, one.purpose)
        for name, talk in talks.items()
        for one in talk.people.get(name, ())
        if one.state in GIVEN and one.withdrawn_at is None
    }


def standing_at(arrivals: Sequence[Arrival], n: int) -> dict[str, Any]:
    """Return what each person agrees to after an arrival, every form read anew, and whether the form is refused as a whole."""
    made, at = case(arrivals), instant(_at(n))
    then = [one for filed in made.of("interview") if (one := as_of(filed, (), at)) is not None]
    decided = [one for one in made.about_people if one.at <= at]
    by_then = replace(made, filed=then, events=decided)
    talks = Talks(by_then, load(), History(made, load()).refusals.by(at)).joined()
    gone = {one.root[1] for one in then if refused(one)}
    return {name: (talk.people.get(name, ()), name in gone) for name, talk in talks.items()}
