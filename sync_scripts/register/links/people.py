"""One person who may be in two cases, or in two forms of one case: proposed with reasons, decided by a person, never by rule.

Equal tags of a telephone or of an identity document propose. A tag is shared by many numbers, so it proves nothing: the
values do, which somebody compares with the vault open. Whatever is decided, the rows of both stay as they are. Reads
levels 0 to 2; no tag leaves here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.consents.in_workbooks import forget, stopped_among
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.errors import CodeNotListed, ThingUnknown
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.lifecycle import ReasonMissing
from sync_scripts.register.links.rules import load
from sync_scripts.register.links.sight import Sight
from sync_scripts.register.ops import SAME
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["DECISIONS", "Pair", "Pairs", "Record", "decide_person", "joined", "pairs", "records"]

DECISIONS: Final = ("same", "not_same")
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


class Pairs(msgspec.Struct, frozen=True):
    """Pairs, the likeliest first, and how many this worker is not shown."""

    pairs: list[Pair]
    hidden: int


def pairs(rows: Rows, sight: Sight, *, code: str | None = None, everything: bool = False) -> Pairs:
    """Return who may be one person and was not decided yet.

    Args:
        rows: where from.
        sight: who asks; a pair with gender-based violence in one of its cases is shown to whoever is in charge of one, or coordinates while nobody is.
        code: only pairs with this case.
        everything: decided ones, too.

    Raises:
        CaseUnknown: there is none of that code.
    """
    found, hidden = _found(rows, sight, code, everything=everything)
    return Pairs([pair for pair, _records in found], hidden)


class Record(msgspec.Struct, frozen=True):
    """One of two records that are compared with the vault open: its case, its uid, and the version that counts."""

    case: str
    uid: str
    version: str


def records(rows: Rows, sight: Sight, code: str) -> tuple[list[tuple[Pair, tuple[Record, Record]]], int]:
    """Return the pairs of a case, decided ones too, with the records of both; and how many are not shown.

    Raises:
        CaseUnknown: there is none of that code.
    """
    return _found(rows, sight, code, everything=True)


def _found(
    rows: Rows, sight: Sight, code: str | None, *, everything: bool
) -> tuple[list[tuple[Pair, tuple[Record, Record]]], int]:
    wanted = case_of(rows, code)["case_code"] if code is not None else None
    decided, found, hidden = _decided(rows), [], 0
    for one, other in _alike(list(_people(rows))):
        key = _key(one["uid"], other["uid"])
        if wanted not in {None, one["case"], other["case"]} or (key in decided and not everything):
            continue
        if _may_see(sight, {one["case"], other["case"]}):
            found.append((_pair(one, other, decided.get(key)), (_record_of(one), _record_of(other))))
        else:
            hidden += 1
    return sorted(found, key=lambda pair: _order(pair[0])), hidden


def _record_of(one: Line) -> Record:
    return Record(one["case"], one["uid"], one["version"])


def _may_see(sight: Sight, cases: set[str]) -> bool:
    if cases & sight.sealed:
        return False
    protected = load().display.gbv_to_case_owner_only and cases & sight.protected
    return not protected or sight.in_charge(cases)


def _order(pair: Pair) -> tuple[Any, ...]:
    codes = [(one["case"], one["person"] or "") for one in pair.people]
    return (-len(pair.tags), len(pair.differs), -len(pair.alike), codes)


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
                    for name in ("filing_no", "uid", "kind", "age_band", "region", "department")
                },
                "week": row["week"],
                "version": row["instance_id"],
                "owner": row["owner_code"],
                "case": row["case_code"],
                "person": row["pseudonym"],
                "sealed": row["confidentiality"] == _SEALED,
                "tags": tags,
            }


def _alike(people: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Line, Line]]:
    """Yield each two with a tag in common who came by different forms, once."""
    blocks: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for one in people:
        for name, tag in one["tags"].items():
            blocks[name, tag].append(one)
    seen: set[str] = set()
    many = load().same_person.at_most
    for block in blocks.values():
        if len(block) > many:
            continue
        for one, other in combinations(sorted(block, key=lambda one: (one["filing_no"], one["uid"])), 2):
            key = _key(one["uid"], other["uid"])
            if one["filing_no"] != other["filing_no"] and one["uid"] != other["uid"] and key not in seen:
                seen.add(key)
                yield one, other


def _key(one: str, other: str) -> str:
    return "|".join(sorted((one, other)))


def _pair(one: Line, other: Line, decided: Mapping[str, Any] | None) -> Pair:
    tags = tuple(name for name, tag in one["tags"].items() if other["tags"].get(name) == tag)
    known = [name for name in _ALIKE if one[name] is not None and other[name] is not None]
    open_ones = [] if one["sealed"] or other["sealed"] else known
    alike = tuple(name for name in open_ones if one[name] == other[name])
    differs = tuple(name for name in open_ones if one[name] != other[name])
    return Pair((_side(one), _side(other)), tags, alike, differs, **(decided or {}))


def _side(one: Line) -> Line:
    shown = {name: None if one["sealed"] else one[name] for name in _SIDE}
    return {"case": one["case"], "person": None if one["sealed"] else one["person"], **shown}


# --- decided ------------------------------------------------------------------------------------------------------


def _decided(rows: Rows) -> dict[str, dict[str, Any]]:
    """Return what was decided last of each pair, by its key."""
    found: dict[str, dict[str, Any]] = {}
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
    last: dict[str, dict[str, Any]] = {}
    for event in store_events.read(rows, subjects=[f"case:{code}"], ops=[SAME]):
        last[_key(event.payload["uid"], event.payload["other_uid"])] = event.payload
    return [
        {name: said[name] for name in ("person", "other_case", "other_person")}
        for said in last.values()
        if said["decision"] == "same" and said["other_case"] not in sealed
    ]


class Same(msgspec.Struct, frozen=True):
    """What was decided of two records: both cases and pseudonyms, and the decision."""

    code: str
    person: str
    other_code: str
    other_person: str
    decision: str


def decide_person(
    by: By, case: str, person: str, other: tuple[str, str], decision: str, *, reason: str
) -> Same:
    """Say whether two records are one person. Both stay; the history of both cases says it. It can be decided anew.

    Args:
        by: who decides.
        case: code of the case of the one.
        person: pseudonym there (V1).
        other: code of the case of the other, and the pseudonym there.
        decision: one of `DECISIONS`.
        reason: on what that rests; no names.

    Raises:
        CaseUnknown, ThingUnknown, CodeNotListed, ReasonMissing: as they say.
    """
    if decision not in DECISIONS:
        raise CodeNotListed(value=decision, possible=", ".join(DECISIONS))
    one, second = _record(by, case, person), _record(by, *other)
    if one["uid"] == second["uid"]:
        raise ThingUnknown(what=second["case"], name=second["person"], known="-")
    if not reason.strip():
        raise ReasonMissing(alert=one["case"])
    for mine, theirs in {one["case"]: (one, second), second["case"]: (second, one)}.values():
        payload = {
            "uid": mine["uid"],
            "person": mine["person"],
            "other_uid": theirs["uid"],
            "other_case": theirs["case"],
            "other_person": theirs["person"],
            "decision": decision,
            "reason": reason.strip(),
        }
        by.write(by.event(SAME, f"case:{mine['case']}", payload))
        for case_code in stopped_among(by.rows, [mine["case"]], by.now):
            forget(by.rows, case_code)
    return Same(one["case"], one["person"], second["case"], second["person"], decision)


def _record(by: By, case: str, name: str) -> dict[str, str]:
    code = case_of(by.rows, case)["case_code"]
    person, filing = tables.person, tables.filing
    asked = select(person.c.uid, person.c.pseudonym).join(filing, filing.c.filing_no == person.c.filing_no)
    found = by.rows.execute(asked.where(filing.c.case_code == code).order_by(person.c.pseudonym)).all()
    for row in found:
        if row.pseudonym == name.strip().upper():
            return {"case": code, "uid": row.uid, "person": row.pseudonym}
    raise ThingUnknown(what=code, name=name.strip().upper(), known=_names(row.pseudonym for row in found))


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"
