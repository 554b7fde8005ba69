"""No move is refused in silence: whatever the table does not list, or a guard keeps back, says why and what is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sync_scripts.register.alert_decisions.event_links import decide as decide_link
from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed, MoveRefused, check
from sync_scripts.register.lifecycle.guards import GUARDS, Facts
from sync_scripts.register.lifecycle.moves import BY_RULE, MOVES, Matter, listed
from sync_scripts.store.database import Register
from sync_scripts.texts import language, speak
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, dealt
from xlsform.errors import Worded

UNCHANGED = {"fr": re.compile(r"Rien n'a (été )?changé\."), "en": re.compile(r"Nothing was changed\.")}
FACTS: tuple[tuple[str, Facts], ...] = (
    ("nothing", Facts()),
    (
        "a person",
        Facts(by_person=True, own_key=True, reason="x", closure_reason="lost_contact", said_lost=True),
    ),
)
"""What little may be known: in none of them every guard of a move holds by itself."""


@pytest.fixture(params=["fr", "en"])
def lang(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak each language in turn."""
    before = language()
    speak(request.param)
    yield request.param
    speak(before)


def needed(words: str, lang: str) -> str:
    """Return what a refusal says after it said that nothing was changed: what is possible, or what is needed."""
    found = UNCHANGED[lang].search(words)
    assert found is not None, words
    return words[found.end() :].partition(":")[2].strip(" .\n-\xa0")


def refusals(matter: Matter) -> Iterator[tuple[str, str, Worded]]:
    """Yield every refusal of a matter, with the pair of states: of each pair, and of each with little known."""
    states = dict.fromkeys(state for one in MOVES[matter] for state in (one.was, one.to))
    for was in states:
        for to in states:
            for _name, facts in FACTS:
                try:
                    check(matter, "X-1", was, to, facts)
                except (MoveNotListed, GuardFails) as why:
                    yield was, to, why


@pytest.mark.parametrize("matter", list(MOVES))
def test_each_refused_move_says_why_and_what_is_needed(matter: Matter, lang: str) -> None:
    """Of all states there are; no placeholder, no dash in the place of an answer, nothing left in the other language."""
    seen = 0
    for was, to, why in refusals(matter):
        words = why.words()
        told = needed(words, lang)
        assert len(told) > 3, (was, to, words)
        assert "{" not in words, words
        assert "X-1" in words
        seen += 1
        if lang == "fr":
            speak("en")
            other = why.words()
            speak("fr")
            assert words != other
            assert needed(other, "en") != told, (was, to, told)
    assert seen


@pytest.mark.parametrize("matter", list(MOVES))
def test_a_refusal_names_what_is_possible_and_nothing_that_the_program_does_itself(matter: Matter) -> None:
    """Each state to which a person can move it, by its code or its command."""
    states = dict.fromkeys(state for one in MOVES[matter] for state in (one.was, one.to))
    for was in states:
        possible = {one.to for one in listed(matter, was) if not one.by_rule}
        words = MoveNotListed(matter=matter, what="X-1", state=was, wanted=was).words()
        told = words.rpartition("It can become: ")[2]
        if matter == "alert":
            assert told.count("dikalo alerts") == (len(possible) or 2), (
                was,
                told,
            )  # else it can be moved, two ways
        elif possible:
            commands = {"merged": "dikalo cases merge", "withdrawn": "dikalo consent withdraw"}
            named = {to for to in states if f"({to})" in told or commands.get(to, "no command") in told}
            recorded = told.count("dikalo consent record")  # what one says of a consent anew has one command
            assert named | (possible - {"withdrawn"} if recorded else set()) == possible, (was, told)
            assert len(named) + recorded == len(possible), (was, told)
        else:
            assert told.startswith("nothing else"), (was, told)


def test_every_guard_says_what_it_needs_in_both_languages() -> None:
    """Whichever of them is lacking."""
    before = language()
    for name in GUARDS:
        told = set()
        for chosen in ("fr", "en"):
            speak(chosen)
            words = GuardFails(matter="case", what="X-1", wanted="closed", lacking=(name,)).words()
            told.add(needed(words, chosen))
        assert len(told) == 2, told
    speak(before)


# --- through the decisions themselves -----------------------------------------------------------------------------

Deed = Callable[[every_decision.By, str], Any]

DEEDS: dict[str, tuple[str, Deed]] = {
    "triage": ("triaged", lambda by, code: every_decision.triage(by, code, reason="x")),
    "ask": ("info_requested", every_decision.ask),
    "link": ("linked", lambda by, code: every_decision.link(by, code, CASE_CODE)),
    "open": ("opened", lambda by, code: every_decision.open_case(by, code, owner="RD-01")),
    "duplicate": ("duplicate", lambda by, code: every_decision.duplicate(by, code, ALERT_CODE)),
    "refer": ("referred_out", lambda by, code: every_decision.refer_out(by, code, "PRE-01")),
    "dismiss": ("dismissed", lambda by, code: every_decision.dismiss(by, code, "x")),
}
"""Name of a decision -> the state to which it brings an alert, and the decision."""

STATES = (
    "received",
    "triaged",
    "info_requested",
    "linked",
    "opened",
    "duplicate",
    "referred_out",
    "dismissed",
)


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with one case, one provider and an alert in each state there is."""
    made = begin(sqlite_register)
    provider(made)
    for number, state in enumerate(STATES, 1):
        code = dealt(number, "AL")
        made.field.send("alert", f"s{number}", ALERT)
        if state != "received":
            made.do(every_decision.triage, code)
            made.do(decide_link, ALERT_CODE, code, "same_event", "x")
        for _to, deed in (one for one in DEEDS.values() if one[0] == state != "triaged"):
            made.do(deed, code)
    return made


def attempt(work: Work, deed: Deed, code: str) -> Worded | None:
    """Decide something and undo it; return why it was refused."""
    try:
        with every_decision.deciding(
            work.field.register,
            work.events()[0].actor,
            work.field.later(),
            draw=work.field.draw,
            dry_run=True,
        ) as by:
            deed(by, code)
    except Worded as why:
        return why
    return None


def test_each_decision_on_an_alert_in_each_state_is_taken_or_says_why(work: Work, lang: str) -> None:
    """As the table lists it; what it does not list is refused with what is possible from there."""
    for number, state in enumerate(STATES, 1):
        code = dealt(number, "AL")
        assert work.alert(code)["state"] == state
        for name, (to, deed) in DEEDS.items():
            possible = (state, to) not in BY_RULE and any(True for _one in listed("alert", state, to))
            why = attempt(work, deed, code)
            assert (why is None) == possible, (state, name, why and why.words())
            if why is not None:
                assert isinstance(why, (MoveRefused, MoveNotListed)), (state, name, why.words())
                assert "dikalo alerts" in needed(why.words(), lang)
