"""Compare two alerts: do they perhaps tell of one event, and why. Pure, and the same whichever comes first.

A comparison proposes and decides nothing. Places in words are sealed: how much they are alike is handed in by whoever
has opened them, and without that the rule is left out, not counted as a difference.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final, Literal, NamedTuple

import msgspec

from sync_scripts.register.links.rules import LinkRules, points_up_to
from sync_scripts.store.canonical import canonical

__all__ = [
    "NOTHING",
    "Compared",
    "Level",
    "Reason",
    "Told",
    "compare",
    "days_apart",
    "plain",
    "reasons_in_words",
]

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


class Compared(msgspec.Struct, frozen=True):
    """What the rules say of a pair."""

    level: Level
    points: int
    reasons: tuple[Reason, ...] = ()

    @property
    def offered(self) -> bool:
        """Tell whether the pair is proposed to a person."""
        return self.level != "none"

    def stored(self) -> str:
        """Return the reasons as they are kept."""
        return canonical([list(reason) for reason in self.reasons])


NOTHING: Final = Compared("none", 0)
_OTHER_PLACE: Final = Compared("none", 0, (Reason("other_department", 0),))
_TOO_FAR: Final = Compared("none", 0, (Reason("too_far_apart", 0),))


def days_apart(a: Told, b: Told) -> int | None:
    """Return the days between two windows, 0 when they touch or overlap; None when one is not known."""
    if a.first is None or a.last is None or b.first is None or b.last is None:
        return None
    return max(0, b.first - a.last, a.first - b.last)


def compare(a: Told, b: Told, rules: LinkRules, alike: float | None = None) -> Compared:
    """Compare two alerts.

    Args:
        a: one alert.
        b: the other one; which is which does not matter.
        rules: the rules in force.
        alike: how much their places in words are alike, 0 to 1; None while the vault is closed or one is empty.
    """
    if a.instance_id == b.instance_id:
        same = rules.identity.same_instance_id
        return Compared(same.level, same.points, (Reason("same_instance_id", same.points),))
    if a.deprecated_id == b.instance_id or b.deprecated_id == a.instance_id:
        same = rules.identity.deprecated_id
        return Compared(same.level, same.points, (Reason("deprecated_id", same.points),))
    if a.department is None or a.department != b.department:
        return _OTHER_PLACE
    gap = days_apart(a, b)
    if gap is None or gap > rules.block.max_gap_days:
        return _TOO_FAR
    return _scored(a, b, gap, rules, alike)


def _scored(a: Told, b: Told, gap: int, rules: LinkRules, alike: float | None) -> Compared:
    near = a.arrondissement is not None and a.arrondissement == b.arrondissement
    reasons = [
        Reason("date_gap", points_up_to(rules.date_gap.points, gap) or 0, gap),
        Reason("place.same_arrondissement", rules.place.same_arrondissement)
        if near
        else Reason("place.same_department", rules.place.same_department),
        _kind(a.icons, b.icons, rules),
    ]
    if a.contact_tag is not None and a.contact_tag == b.contact_tag:
        reasons.append(Reason("contact.same_tag", rules.contact.same_tag))
    if alike is not None:
        reasons.append(_place_text(alike, rules))
    reasons += _people(a, b, rules)
    if (
        a.submitter
        and a.submitter == b.submitter
        and abs(a.received - b.received) < rules.submitter.minutes * 60
    ):
        reasons.append(Reason("submitter.same_within_30_min", rules.submitter.same_within_30_min))
    points = sum(reason.points for reason in reasons)
    level: Level = (
        "probable"
        if points >= rules.threshold.probable
        else "possible"
        if points >= rules.threshold.possible
        else "none"
    )
    return Compared(level, points, tuple(reasons))


def _kind(a: frozenset[str], b: frozenset[str], rules: LinkRules) -> Reason:
    kind = rules.kind
    if not a.isdisjoint(b):
        return Reason("kind.same_icon", kind.same_icon)
    families = {kind.family.get(icon, icon) for icon in a}
    if any(kind.family.get(icon, icon) in families for icon in b):
        return Reason("kind.same_family", kind.same_family)
    return Reason("kind.different", kind.different)


def _place_text(alike: float, rules: LinkRules) -> Reason:
    """Return the points of places in words: of the first step that the likeness is strictly above."""
    rule = rules.place_text
    points = next((points for limit, points in rule.points if alike > limit), rule.otherwise)
    return Reason("place_text", points, round(alike * 100))


def _people(a: Told, b: Told, rules: LinkRules) -> list[Reason]:
    found = []
    if not a.victims.isdisjoint(b.victims - {"unknown"}):
        found.append(Reason("victim_kind.one_in_common", rules.victim_kind.one_in_common))
    elif a.victims and b.victims and "unknown" not in a.victims | b.victims:
        found.append(Reason("victim_kind.different", rules.victim_kind.different))
    if a.victim_count == b.victim_count:
        found.append(Reason("victim_count.same_band", rules.victim_count.same_band))
    return found


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
