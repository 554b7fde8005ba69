"""One person who may be in two cases, or in two forms of one case: proposed with reasons, decided by a person, never by rule.

Equal tags of a telephone or of an identity document propose. A tag is shared by many numbers, so it proves nothing: the
values do, which somebody compares with the vault open. Whatever is decided, the rows of both stay as they are. Reads
levels 0 to 2; no tag leaves here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.history.logbook import Ties
from sync_scripts.register.history.person_decisions import SAME
from sync_scripts.register.history.visibility import Sight, kind_of, shows
from sync_scripts.register.links.grouping import Bits, Crowd, Kinds, Parts, mark_of
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

_SEALED: Final = "C4"
_SIDE: Final = ("kind", "age_band", "region", "department", "week", "owner")
"""What is shown of each of the two beside code and pseudonym."""
_ALIKE: Final = ("kind", "age_band", "department")
"""What speaks for a pair when it is the same on both sides."""

Line = Mapping[str, Any]


class Pair(msgspec.Struct, frozen=True):
    """Two records that may be one person.

    Attributes:
        people: both, each with case, person (pseudonym) and what `_SIDE` names; of a C4 case only the code.
        tags: ``phone`` and ``document``, as far as the tags are equal.
        alike: names of what is the same beside.
        differs: names of what is known of both and not the same.
        decision: ``same``, ``not_same`` or None; ``decided_by``, ``decided_at`` and ``reason`` with it.
    """

    people: tuple[Line, Line]
    tags: tuple[str, ...]
    alike: tuple[str, ...]
    differs: tuple[str, ...]
    decision: str | None = None
    decided_by: str | None = None
    decided_at: str | None = None
    reason: str | None = None


class Record(msgspec.Struct, frozen=True):
    """One of two records that are compared with the vault open: its case, its uid, and the version that counts."""

    case: str
    uid: str
    version: str


class Beside(msgspec.Struct, frozen=True):
    """A record of a group: the pair that it makes with the head, both as they are opened, its number of arrival and its uid."""

    pair: Pair
    records: tuple[Record, Record]
    member: tuple[int, str]


class Group(msgspec.Struct, frozen=True):
    """Records beside one, of which the same was decided, or nothing yet.

    Attributes:
        head: uid of the one.
        beside: all of them, the likeliest first.
    """

    head: str
    beside: list[Beside]

    @property
    def mark(self) -> str:
        """What `same.decide_people` is given to decide on the group as it was shown."""
        return mark_of(self.head, (one.member for one in self.beside))


class Groups(msgspec.Struct, frozen=True):
    """Groups, the likeliest first, and how many pairs this worker is not shown."""

    groups: list[Group]
    hidden: int

    @property
    def pairs(self) -> list[Pair]:
        """All pairs."""
        return [one.pair for group in self.groups for one in group.beside]


def groups(rows: Rows, sight: Sight, *, code: str | None = None, everything: bool = False) -> Groups:
    """Return who may be one person and was not decided yet.

    Args:
        rows: where from.
        sight: who asks; a pair with gender-based violence in one of its cases is shown to whoever is in charge of one, or coordinates while nobody is.
        code: only what is beside the people of this case.
        everything: decided ones, too.

    Raises:
        CaseUnknown: there is none of that code.
    """
    wanted = case_of(rows, code)["case_code"] if code is not None else None
    people = _People(rows, sight)
    found, hidden = people.proposed(wanted)
    if everything:
        more, kept = people.decided(wanted)
        found, hidden = [*found, *more], hidden + kept
    return Groups(sorted(found, key=lambda group: _order(group.beside[0])), hidden)


def _order(one: Beside) -> tuple[Any, ...]:
    pair = one.pair
    codes = [(side["case"], side["person"] or "") for side in pair.people]
    return (-len(pair.tags), len(pair.differs), -len(pair.alike), codes)


class _People:
    """Everybody with a tag who is in a case, as a crowd in which one person is looked for."""

    def __init__(self, rows: Rows, sight: Sight) -> None:
        self._people = sorted(_people(rows), key=lambda one: (one["received"], one["root_id"], one["uid"]))
        self._decisions, self._tags = decided(rows), Kinds()
        for place, one in enumerate(self._people):
            self._tags.add(1 << place, one["tags"].items())
        self._kinds = [kind_of(sight, one["case"]) for one in self._people]
        self._sight, self._crowd = (
            sight,
            Crowd(
                [one["uid"] for one in self._people],
                self._offered,
                ties=Ties({pair: now["decision"] for pair, now in self._decisions.items()}, "same"),
                apart=[[one["filing_no"]] for one in self._people],
                kinds=self._kinds,
                sight=sight,
            ),
        )

    def _offered(self, place: int, among: Bits) -> Parts[None]:
        """Return who has a tag in common."""
        same = among & self._tags.any_of(self._people[place]["tags"].items())
        return [(None, same)] if same else []

    def proposed(self, case: str | None) -> tuple[list[Group], int]:
        """Return the groups of all, or those beside the people of a case; and how many pairs are not shown."""
        crowd = self._crowd
        if case is None:
            return [self._group(place, parts) for place, parts in crowd.groups()], crowd.hidden()
        found, hidden, left = [], 0, -1
        for place, one in enumerate(self._people):
            if one["case"] == case:
                left &= ~(1 << place)  # two people of the case are one pair
                hidden += crowd.hidden_beside(place, left)
                if parts := [(None, bits) for _said, both in crowd.beside(place) if (bits := both & left)]:
                    found.append(self._group(place, parts))
        return found, hidden

    def _group(self, place: int, parts: Parts[None]) -> Group:
        return self._named(place, [(other, None) for _said, other in self._crowd.best(parts, None)])

    def _named(self, place: int, others: Iterable[tuple[int, Line | None]]) -> Group:
        beside = [self._beside(place, other, now) for other, now in others]
        return Group(self._people[place]["uid"], sorted(beside, key=_order))

    def _beside(self, place: int, other: int, now: Line | None) -> Beside:
        one, two = self._people[place], self._people[other]
        return Beside(
            _pair(one, two, now), (_record_of(one), _record_of(two)), (two["filing_no"], two["uid"])
        )

    def decided(self, case: str | None) -> tuple[list[Group], int]:
        """Return what was decided, beside the first of two or beside the people of a case; and how many pairs are not shown."""
        place = {one["uid"]: number for number, one in enumerate(self._people)}
        found: dict[tuple[int, str], list[tuple[int, Line | None]]] = defaultdict(list)
        hidden = 0
        for pair, now in self._decisions.items():
            both = sorted(place[uid] for uid in pair if uid in place)
            heads = [number for number in both if case in {None, self._people[number]["case"]}]
            if len(both) == len(pair) and heads:
                if shows(self._sight, *(self._kinds[number] for number in both)):
                    (other,) = {*both} - {heads[0]}
                    found[heads[0], now["decision"]].append((other, now))
                else:
                    hidden += 1
        return [self._named(head, others) for (head, _decision), others in found.items()], hidden


def _pair(one: Line, other: Line, now: Line | None) -> Pair:
    tags = tuple(name for name, tag in one["tags"].items() if other["tags"].get(name) == tag)
    known = [name for name in _ALIKE if one[name] is not None and other[name] is not None]
    open_ones = [] if one["sealed"] or other["sealed"] else known
    alike = tuple(name for name in open_ones if one[name] == other[name])
    differs = tuple(name for name in open_ones if one[name] != other[name])
    return Pair((_side(one), _side(other)), tags, alike, differs, **(now or {}))


def _record_of(one: Line) -> Record:
    return Record(one["case"], one["uid"], one["version"])


def _people(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield everybody with a tag who is in a case, with what is shown of them."""
    person, filing, case, incident = tables.person.c, tables.filing.c, tables.case.c, tables.incident.c
    columns = [tables.person.c[name.partition(".")[2]] for name in load().same_person.propose]
    asked = (
        select(
            person.filing_no,
            person.uid,
            person.pseudonym,
            person.kind,
            person.age_band,
            *columns,
            case.case_code,
            case.region,
            case.department,
            case.owner_code,
            case.confidentiality,
            incident.week,
            filing.instance_id,
            filing.root_id,
            filing.first_received_at,
        )
        .select_from(tables.person)
        .join(tables.filing, filing.filing_no == person.filing_no)
        .join(tables.case, case.case_code == filing.case_code)
        .outerjoin(tables.incident, incident.filing_no == person.filing_no)
    )
    for row in rows.execute(asked).mappings():
        tags = {one.name.removesuffix("_tag"): row[one.name] for one in columns if row[one.name] is not None}
        if tags:
            yield {
                **{
                    name: row[name]
                    for name in ("filing_no", "uid", "kind", "age_band", "region", "department", "root_id")
                },
                "week": row["week"],
                "version": row["instance_id"],
                "received": row["first_received_at"],
                "owner": row["owner_code"],
                "case": row["case_code"],
                "person": row["pseudonym"],
                "sealed": row["confidentiality"] == _SEALED,
                "tags": tags,
            }


def _side(one: Line) -> Line:
    shown = {name: None if one["sealed"] else one[name] for name in _SIDE}
    return {"case": one["case"], "person": None if one["sealed"] else one["person"], **shown}


# --- decided ------------------------------------------------------------------------------------------------------


def _key(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def decided(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what was decided last of each pair, by the uids of both."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for event in store_events.read(rows, ops=[SAME]):
        said = event.payload
        found[_key(said["uid"], said["other_uid"])] = {
            "decision": said["decision"],
            "decided_by": event.actor.code,
            "decided_at": event.at,
            "reason": said["reason"],
        }
    return found


def joined(rows: Rows, code: str, sealed: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Return who of a case was decided to be the same person as somebody elsewhere: both names, and the other case.

    ``sealed`` are the cases of which whoever asks does not see who is in them: it is left out that somebody is.
    """
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for event in store_events.read(rows, subjects=[f"case:{code}"], ops=[SAME]):
        last[_key(event.payload["uid"], event.payload["other_uid"])] = event.payload
    return [
        {name: said[name] for name in ("person", "other_case", "other_person")}
        for said in last.values()
        if said["decision"] == "same" and said["other_case"] not in sealed
    ]
