"""Kinds of tasks and words for codes: ``rules/tasks.toml`` and the shared lists, read strictly and once. Raises and ends no task.

Each kind is one table: how a task ends, what outlives what, who hears of it, on which list it stands, its words. A function of
conditions beside the facts raises it. Labels come in French or English, never one of a person's answer of level 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, lru_cache
from gettext import gettext
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from sync_scripts.register.rules import retention
from sync_scripts.register.rules.ruleset import Ruleset, Strict, Urgency, read
from sync_scripts.texts import LANGUAGES, language
from xlsform.pack import ListUnknown, shared_choices

TASKS: Final = Path(__file__).parent / "tasks.toml"


class Words(Strict, frozen=True):
    """Words in both languages."""

    fr: str
    en: str

    def said(self, lang: str) -> str:
        """Return the words of a language."""
        return self.fr if lang == "fr" else self.en


class Kind(Strict, frozen=True):
    """A kind of task; the head of the file says what each word means."""

    subject: tuple[Literal["alert", "case", "intervention", "act", "detention", "source", "submission"], ...]
    fr: str
    en: str
    opens: Words
    clock: str
    ends: Words
    who: Literal["worker", "owner", "supervisor", "coordination", "other"]
    within_h: int | None = None
    done_by: frozenset[str] = frozenset()
    done_by_move: frozenset[str] = frozenset()
    told_by: Literal["assessment", "custody"] | None = None
    by_talk: bool = False
    by_refusal: bool = False
    limit: Literal["subject", "step"] | None = None
    of_service: Literal["referral", "answer", "appointment", "care"] | None = None
    consent: Literal["now", "near"] | None = None
    fixed: bool = False
    keeps_open: bool = False
    own_hand: bool = False
    stops: bool = False
    outlives: Literal["case", "erasure"] | None = None
    owed: bool = False
    aside: bool = False
    level: Urgency | None = None
    short: Words | None = None
    again: bool = False
    step_up: Literal["share", "due"] | None = None


@cache
def load(path: Path = TASKS) -> Mapping[str, Kind]:
    """Return the kinds of a file in their order, by code; raises as `read`."""
    return MappingProxyType(read(path, dict[str, Kind]))


KINDS: Final = load()


def those(holds: Callable[[Kind], object]) -> frozenset[str]:
    """Return the codes of the kinds of which something holds."""
    return frozenset(code for code, kind in KINDS.items() if holds(kind))


@lru_cache(maxsize=1024)
def allowed(code: str, level: str, rules: Ruleset) -> timedelta:
    """Return how long the clock of a kind gives at a level; nothing where that is a day or a limit itself."""
    kind = KINDS[code]
    if "." not in kind.clock:
        return timedelta(hours=kind.within_h or 0)
    table, *of_level, number = kind.clock.split(".")
    numbers = rules.deadlines["".join(of_level) or level] if table == "deadline" else rules.case
    given: int = getattr(numbers if table in _OF_RULES else getattr(retention.load(), table), number)
    return given * _UNITS[number.rpartition("_")[2]]


_OF_RULES: Final = frozenset({"deadline", "case"})
"""Tables of numbers that stand among the deadlines; the others stand among the rules of keeping."""
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "days": timedelta(days=1)}
"""What the name of a clock's number ends with -> its unit. Months have no length: what counts in them says its own time."""


def _by(words: Callable[[Kind], frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return the kinds that name a word, by that word."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, kind in KINDS.items():
        for word in words(kind):
            found[word].add(code)
    return MappingProxyType({word: frozenset(codes) for word, codes in found.items()})


DONE_BY: Final = _by(lambda kind: kind.done_by)
"""Op of a decision -> the kinds of task that are done by it."""
DONE_BY_MOVE: Final = _by(lambda kind: kind.done_by_move)
"""State to which a case is moved -> the kinds of task that are done by that."""
FIRST: Final = next(iter(KINDS))
"""Of what is due at one time this is done first."""
CONSENT: Final = those(lambda kind: kind.consent)
"""Kinds of task that ask for a consent."""
CONSENT_NEAR: Final = those(lambda kind: kind.consent == "near")
"""Kinds of those that are due far ahead, and shown when they come near: within `RENEW`."""
RENEW: Final = timedelta(days=30)
"""A consent that runs out within this time is one to ask for."""
ASIDE: Final = those(lambda kind: kind.aside)
"""Kinds of task of whoever looks after the work, not of whoever does it: no next step, and no day on which a case is next."""
FIXED_TASKS: Final = those(lambda kind: kind.fixed)
"""Kinds of task whose time law, medicine or somebody's safety sets: no planned day goes before them."""
CRITICAL_TASKS: Final = those(lambda kind: kind.keeps_open)
"""Kinds of task that keep a case from its closure while they are open."""
OWN_HAND: Final = those(lambda kind: kind.own_hand)
"""Kinds of task that only a proved person ends."""
LIMITS: Final = those(lambda kind: kind.limit)
"""Kinds of task that are a reminder before a limit of law or medicine."""
REFERRALS: Final = those(lambda kind: kind.of_service in {"referral", "answer"})
"""Kinds of task about a service; the task of one that has to be given within hours goes one step up."""
STOPPED_TASKS: Final = those(lambda kind: kind.stops)
"""Kinds of task that nobody may do any more once everybody in a case took back what they agreed to.

A source in danger is somebody else, who took nothing back: that task stays until a person ends it.
"""
OUTLIVE_CASE: Final = those(lambda kind: kind.outlives)
"""Kinds of task that go on when a case is closed or handed over: what somebody who withdrew is owed, how long it is kept, and
danger that came afterwards."""
OUTLIVE_ERASURE: Final = those(lambda kind: kind.outlives == "erasure")
"""Kinds of task that outlive an erasure: whoever was given something is still to be told."""
OWED: Final = those(lambda kind: kind.owed)
"""Kinds of task that somebody is owed, whatever became of the work: she withdrew, or danger came after an alert was set aside."""


DANGER: Final = "danger_check"
"""Decide on a danger that nobody had read who decided on the level."""
AWAY: Final = "set_aside_check"
"""Decide again where nobody works any more: an alert that was set aside, a case that was closed, merged or handed over."""
NEWS: Final = frozenset({DANGER, AWAY})
"""Those about news on which somebody has to decide."""
FALLEN: Final = "urgency_check"
"""Decide on a level of which an edit took away what it rested on."""


@cache
def _all(name: str) -> Mapping[str, Mapping[str, str]]:
    if name == "task_kind":
        return {code: {"fr": kind.fr, "en": kind.en} for code, kind in KINDS.items()}
    try:
        return {choice.name: choice.labels for choice in shared_choices(name, LANGUAGES)}
    except ListUnknown:
        return {}


def label(name: str, code: str | None, lang: str | None = None) -> str:
    """Return the label of a code of a list; the code itself when the list does not hold it, "" for no code."""
    return _label(name, code, lang or language()) if code else ""


@lru_cache(maxsize=4096)
def _label(name: str, code: str, lang: str) -> str:
    """Look a label up; kept, because a list asks for the same few thousands of times."""
    return _all(name).get(code, {}).get(lang) or code


def labels(name: str, codes: str | None, lang: str | None = None) -> str:
    """Return the labels of several codes that are set apart by blanks.

    Labels with a comma in them, such as "arrest, detention", are set apart by semicolons.
    """
    return _joined(name, codes or "", lang or language(), language())


@lru_cache(maxsize=4096)
def _joined(name: str, codes: str, lang: str, _spoken: str) -> str:
    """Join the labels; kept, because a list asks for the same few thousands of times, and each sign for the catalogue."""
    said = [label(name, code, lang) for code in codes.split()]
    return (gettext("; ") if any("," in one for one in said) else ", ").join(said)


def labels_of(name: str, lang: str) -> dict[str, str]:
    """Return a whole list, code -> label, in its order."""
    return {code: texts.get(lang) or code for code, texts in _all(name).items()}


CLOSURE: Final = "closure_review"
"""Kind of the task to decide on a closure: asked for by a form, which it is about, or by a decision."""
