"""Compare two alerts: do they perhaps tell of one event, and why. Pure, and the same whichever comes first.

A comparison proposes and decides nothing. Places in words are sealed: how much they are alike is handed in by whoever
has opened them, and without that the rule is left out, not counted as a difference.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import msgspec

from sync_scripts.register.rules.link_rules import LinkRules, Same, points_up_to
from sync_scripts.store.canonical import canonical

Level = Literal["same_submission", "edited_version", "probable", "possible", "none"]


class Reason(NamedTuple):
    """One rule that applied: its id, its points, and the number in its sentence (days, percent)."""

    rule: str
    points: int
    number: int | None = None


class Told(msgspec.Struct, frozen=True):
    """What of an alert is compared: levels 0 to 2 and a cut tag.

    Attributes:
        instance_id: of the version that is read.
        deprecated_id: of the version that this one replaces.
        first, last: window of the facts, as ordinals of days; None = not known.
        received: when it reached the server, in seconds.
    """

    instance_id: str
    first: int | None
    last: int | None
    department: str | None
    arrondissement: str | None
    icons: frozenset[str]
    victims: frozenset[str]
    victim_count: str
    submitter: str | None
    received: float
    contact_tag: int | None = None
    deprecated_id: str | None = None


class Compared(msgspec.Struct, frozen=True, dict=True):
    """What the rules say of a pair."""

    level: Level
    points: int
    reasons: tuple[Reason, ...] = ()

    @property
    def offered(self) -> bool:
        """Tell whether the pair is proposed to a person."""
        return self.level != "none"

    @cached_property
    def stored(self) -> str:
        """The reasons as they are kept."""
        return canonical([list(reason) for reason in self.reasons])


NOTHING: Final = Compared("none", 0)
_OTHER_PLACE: Final = Compared("none", 0, (Reason("other_department", 0),))
_UNKNOWN: Final = frozenset({"unknown"})
_TOO_FAR: Final = Compared("none", 0, (Reason("too_far_apart", 0),))


def days_apart(a: Told, b: Told) -> int | None:
    """Return the days between two windows, 0 when they touch or overlap; None when one is not known."""
    if a.first is None or a.last is None or b.first is None or b.last is None:
        return None
    return max(0, b.first - a.last, a.first - b.last)


def compare(a: Told, b: Told, rules: LinkRules, alike: float | None = None) -> Compared:
    """Compare two alerts by given rules; see `Scale.compare`, which is made once for many pairs."""
    return Scale(rules).compare(a, b, alike)


class Scale:
    """Link rules made ready: each reason that can be given is there already, with its points.

    Attributes:
        rules: the rules.
        gap: reasons by the days between two windows, 0 first; more days than these are outside the block.
        near, department: of the place.
        icon, family, other_kind: of what happened.
        tag, victims, other_victims, count, phone: as their names say.
    """

    def __init__(self, rules: LinkRules) -> None:
        """Work out what the rules can say."""
        self.rules = rules
        days = range(rules.block.max_gap_days + 1)
        self.gap: list[Reason] = [
            Reason("date_gap", points_up_to(rules.date_gap.points, day) or 0, day) for day in days
        ]
        self.near: Reason = Reason("place.same_arrondissement", rules.place.same_arrondissement)
        self.department: Reason = Reason("place.same_department", rules.place.same_department)
        self.icon: Reason = Reason("kind.same_icon", rules.kind.same_icon)
        self.family: Reason = Reason("kind.same_family", rules.kind.same_family)
        self.other_kind: Reason = Reason("kind.different", rules.kind.different)
        self.tag: Reason = Reason("contact.same_tag", rules.contact.same_tag)
        self.victims: Reason = Reason("victim_kind.one_in_common", rules.victim_kind.one_in_common)
        self.other_victims: Reason = Reason("victim_kind.different", rules.victim_kind.different)
        self.count: Reason = Reason("victim_count.same_band", rules.victim_count.same_band)
        self.phone: Reason = Reason("submitter.same_within_30_min", rules.submitter.same_within_30_min)
        self._families: dict[frozenset[str], frozenset[str]] = {}

    def compare(self, a: Told, b: Told, alike: float | None = None) -> Compared:
        """Compare two alerts.

        Args:
            a: one alert.
            b: the other one; which is which does not matter.
            alike: how much their places in words are alike, 0 to 1; None while the vault is closed or one is empty.
        """
        if a.instance_id == b.instance_id:
            return self._same("same_instance_id")
        if a.deprecated_id == b.instance_id or b.deprecated_id == a.instance_id:
            return self._same("deprecated_id")
        if a.department is None or a.department != b.department:
            return _OTHER_PLACE
        gap = days_apart(a, b)
        if gap is None or gap >= len(self.gap):
            return _TOO_FAR
        reasons = self._reasons(a, b, gap, alike)
        return self.verdict(sum([reason[1] for reason in reasons]), tuple(reasons))

    def verdict(self, points: int, reasons: tuple[Reason, ...]) -> Compared:
        """Return what so many points, for these reasons, come to."""
        if points >= self.rules.threshold.probable:
            return Compared("probable", points, reasons)
        level: Level = "possible" if points >= self.rules.threshold.possible else "none"
        return Compared(level, points, reasons)

    def _same(self, which: Literal["same_instance_id", "deprecated_id"]) -> Compared:
        same: Same = getattr(self.rules.identity, which)
        return Compared(same.level, same.points, (Reason(which, same.points),))

    def _reasons(self, a: Told, b: Told, gap: int, alike: float | None) -> list[Reason]:
        near = a.arrondissement is not None and a.arrondissement == b.arrondissement
        found = [self.gap[gap], self.near if near else self.department, self._kind(a.icons, b.icons)]
        if a.contact_tag is not None and a.contact_tag == b.contact_tag:
            found.append(self.tag)
        if alike is not None:
            found.append(self._place_text(alike))
        if not a.victims.isdisjoint(b.victims - _UNKNOWN if "unknown" in b.victims else b.victims):
            found.append(self.victims)
        elif a.victims and b.victims and "unknown" not in a.victims and "unknown" not in b.victims:
            found.append(self.other_victims)
        if a.victim_count == b.victim_count:
            found.append(self.count)
        within = self.rules.submitter.minutes * 60
        if a.submitter and a.submitter == b.submitter and abs(a.received - b.received) < within:
            found.append(self.phone)
        return found

    def _kind(self, a: frozenset[str], b: frozenset[str]) -> Reason:
        if not a.isdisjoint(b):
            return self.icon
        return self.other_kind if self.families(a).isdisjoint(self.families(b)) else self.family

    def families(self, icons: frozenset[str]) -> frozenset[str]:
        """Return the families of some icons."""
        found = self._families.get(icons)
        if found is None:
            named = self.rules.kind.family
            found = self._families[icons] = frozenset(named.get(icon, icon) for icon in icons)
        return found

    def _place_text(self, alike: float) -> Reason:
        """Return the points of places in words: of the first step that the likeness is strictly above."""
        rule = self.rules.place_text
        points = next((points for limit, points in rule.points if alike > limit), rule.otherwise)
        return Reason("place_text", points, round(alike * 100))


def plain(text: str) -> str:
    """Return a place in words as it is compared: no accents, small letters, words set apart by one blank.

    >>> plain("  Mbatu,  Alakuma-Élé ")
    'mbatu alakuma ele'
    """
    letters = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    kept = (one if one.isascii() and one.isalnum() else " " for one in letters.casefold())
    return " ".join("".join(kept).split())


def reasons_in_words(stored: str, language: str, rules: LinkRules) -> list[tuple[str, str]]:
    """Return (rule id, sentence with points) of stored reasons, in French (``fr``) or English (``en``).

    A rule that the file in force does not know is shown by its id alone.
    """
    sentences = []
    for rule, points, number in msgspec.json.decode(stored, type=list[tuple[str, int, int | None]]):
        sentences.append((rule, f"{_sentence(rule, number, language, rules)} ({points:+d})"))
    return sentences


def _sentence(rule: str, number: int | None, language: str, rules: LinkRules) -> str:
    known: Any = rules.reason.get(rule) or getattr(rules.identity, rule, None)
    text = str(getattr(known, language)) if known is not None else rule
    return text.format(days=number, percent=number)
