"""The link rules as data: blocks, points and thresholds, read strictly from ``rules/duplicates.toml``.

No number of a rule stands in code. A misspelled word or a value of another type stops the program before any pair of
alerts is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from sync_scripts.register.rules.ruleset import RULES, RulesBroken, Strict, read

DUPLICATES: Final = RULES / "duplicates.toml"

Step = tuple[float, int]
"""[limit, points]."""


class Same(Strict, frozen=True):
    """What is decided before any points."""

    level: Literal["same_submission", "edited_version"]
    points: int
    fr: str
    en: str


class Identity(Strict, frozen=True):
    """Two versions of one submission, or one that came twice."""

    same_instance_id: Same
    deprecated_id: Same


class Window(Strict, frozen=True, rename={"first": "from", "last": "to"}):
    """Days before the phone's day at which an answer to "when" begins and ends."""

    first: int
    last: int


class Block(Strict, frozen=True):
    """Which pairs are compared at all."""

    same: Literal["department"]
    max_gap_days: int


class Threshold(Strict, frozen=True):
    """From how many points a pair is offered."""

    probable: int
    possible: int


class DateGap(Strict, frozen=True):
    """Points by the days between the two windows."""

    points: tuple[Step, ...]


class Place(Strict, frozen=True):
    """Points for the same place by code."""

    same_arrondissement: int
    same_department: int


class Kind(Strict, frozen=True):
    """Points for what happened."""

    same_icon: int
    same_family: int
    different: int
    family: Mapping[str, str]


class Contact(Strict, frozen=True):
    """Points for the same cut tag of a contact."""

    same_tag: int


class PlaceText(Strict, frozen=True):
    """Points for places in words, which are sealed."""

    vault_only: Literal[True]
    scorer: Literal["rapidfuzz.fuzz.token_sort_ratio / 100"]
    normalise: str
    points: tuple[Step, ...]
    otherwise: int


class VictimKind(Strict, frozen=True):
    """Points for whom it happened to."""

    one_in_common: int
    different: int


class VictimCount(Strict, frozen=True):
    """Points for how many."""

    same_band: int


class Submitter(Strict, frozen=True):
    """Points for one phone in a short time."""

    same_within_30_min: int
    minutes: int


class Display(Strict, frozen=True):
    """Who is shown what."""

    gbv_to_case_owner_only: bool
    not_same_is_remembered: Literal[True]


class SamePerson(Strict, frozen=True):
    """Which tags propose one person in several cases, and which sealed answers confirm it."""

    propose: tuple[str, ...]
    confirm: tuple[str, ...]


class Text(Strict, frozen=True):
    """A reason in two languages."""

    fr: str
    en: str


class LinkRules(Strict, frozen=True):
    """The whole file."""

    schema: Literal[1]
    ruleset: str
    identity: Identity
    window: Mapping[str, Window]
    block: Block
    threshold: Threshold
    date_gap: DateGap
    place: Place
    kind: Kind
    contact: Contact
    place_text: PlaceText
    victim_kind: VictimKind
    victim_count: VictimCount
    submitter: Submitter
    display: Display
    same_person: SamePerson
    reason: Mapping[str, Text]


@cache
def load(path: Path = DUPLICATES) -> LinkRules:
    """Return the rules of a file, checked whole.

    Raises:
        RulesBroken: a word or type in it is wrong, or a gap inside the block has no points; says which.
    """
    rules = read(path, LinkRules)
    if points_up_to(rules.date_gap.points, rules.block.max_gap_days) is None:
        raise RulesBroken(file=path.name, why="date_gap gives no points for the last day of the block")
    return rules


def points_up_to(steps: tuple[Step, ...], value: float) -> int | None:
    """Return the points of the first step whose limit is not below a value, None beyond the last."""
    return next((points for limit, points in steps if value <= limit), None)
