"""What of a case may leave, record by record, and what stays with the reason. Pure; the one question is `sharing.may_leave`.

A record about one person leaves when that person agreed. What tells of several leaves only as far as it tells nothing of
those who did not: an act without the others it was done to, an incident without its story. What a purpose does not need
stays, whoever agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from sync_scripts.register.case.case_decisions import proved
from sync_scripts.register.disclosure.sharing import Answer, may_leave
from sync_scripts.register.handover.gathered import CAUTIONS, UNTOLD, File, Gathered, Record, Version
from sync_scripts.register.handover.handovers import Request
from sync_scripts.store.events import ARRIVAL, SHOWN, UNBUILT
from sync_scripts.store.seal.sealed_items import SealedItem

_FACTS: Final = (
    "person",
    "interview",
    "incident",
    "act",
    "detention",
    "torture",
    "death",
    "loss",
    "facility",
    "perpetrator",
    "involvement",
    "source",
    "information",
    "evidence",
    "legal_event",
)
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "justice": _FACTS,
    "un": _FACTS,
    "services": ("person", "interview", "need", "intervention"),
}
"""Purpose -> what it needs, in the order in which it is read; everything else stays."""
_OF_ACTS: Final = frozenset({"detention", "torture", "death", "loss", "facility", "involvement"})
STORIES: Final = frozenset({"narrative", "narrative_audio", "stated_reason"})
"""Fields of an incident in which anybody may be spoken of."""
RELATIONS: Final = frozenset({"relation"})
"""Fields of an alleged perpetrator that tell whose husband, chief or neighbour he is."""
CONTACTS: Final = frozenset({"phone", "safe_address_hint"})
"""Fields of a person by which she is found."""
_OF_HEALTH: Final = frozenset({"pregnant", "disability"})
"""Fields of a person that only those who treat her need, among the services."""
_MEDICAL: Final = frozenset({"health", "pss"})
_INTERNAL: Final = frozenset({"followup", "closure", "assessment", "support", "shelter"})


class Kept(msgspec.Struct, frozen=True):
    """A record that leaves.

    Attributes:
        record: which.
        sealed: what is sealed of it leaves, too.
        cut: fields that stay all the same.
        hidden: how many of those it is about are not named.
    """

    record: Record
    sealed: bool = True
    cut: frozenset[str] = frozenset()
    hidden: int = 0


class Left(msgspec.Struct, frozen=True, order=True):
    """Something that stays.

    Attributes:
        entity: of the register; ``version``, ``file`` and ``extra`` for what is no record.
        name: what it is called inside the case; empty for what has no number.
        part: ``all`` of it, its ``sealed`` answers, some ``fields``, the ``others`` it is about.
        why: why; a word of `disclosure.sharing.Why`, or one of this module's.
        count: how many such.
    """

    entity: str
    name: str
    part: str
    why: str
    count: int = 1


class Choice(msgspec.Struct, frozen=True):
    """What leaves and what stays.

    Attributes:
        request: what was asked.
        answers: by person: may anything about her leave?
        kept: records that leave, in the order in which they are read.
        left: what stays, and why.
        versions: what was received and is told with its hashes.
        whole: ids of those whose very bytes are hashed: everybody in them agreed.
        current: ids of the versions that count.
        files: what came beside, with its hashes.
        names: numbers of the submissions whose files may be called by their names.
        history: what was decided, as far as it is about what leaves.
    """

    request: Request
    answers: Mapping[str, Answer]
    kept: tuple[Kept, ...]
    left: tuple[Left, ...]
    versions: tuple[Version, ...]
    whole: frozenset[str]
    current: frozenset[str]
    files: tuple[File, ...]
    names: frozenset[int]
    history: tuple[Mapping[str, Any], ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Uids of those of whom anything leaves."""
        return tuple(uid for uid, one in self.answers.items() if one.allowed)

    def wanted(self, items: Iterable[SealedItem]) -> list[SealedItem]:
        """Return what has to be opened for it, and nothing else."""
        rows = {f"{one.record.entity}:{one.record.key}" for one in self.kept if one.sealed}
        parts = {(one.page, one.item) for one in self.files if one.page}
        return [
            one
            for one in items
            if (one.kind == "row" and one.row in rows and one.version in self.current)
            or (one.kind in {"raw", "version"} and one.version in self.whole)
            or (one.kind == "filepart" and (one.key_page, one.item) in parts)
        ]


def choose(found: Gathered, request: Request, at: datetime, on: date) -> Choice:
    """Choose what of a case leaves.

    Args:
        found: the case.
        request: for what and to whom.
        at: the instant.
        on: the local day.
    """
    return _Choosing(found, request, at, on).run()


class _Choosing:
    """One choice being made."""

    def __init__(self, found: Gathered, request: Request, at: datetime, on: date) -> None:
        self.found, self.request = found, request
        asked = request.asked(counsel=found.counsel)
        people = dict.fromkeys((*found.agreed.people, *found.names))
        self.answers = {uid: may_leave(asked, found.agreed.of(uid), at, on) for uid in people}
        item = msgspec.structs.replace(asked, output="evidence")
        self.photo = frozenset(uid for uid in people if may_leave(item, found.agreed.of(uid), at, on).allowed)
        self.kept: list[Kept] = []
        self.left: list[Left] = []
        self.acts: set[str] = set()
        self.sources: set[str] = set()
        self.filings: set[int] = set()

    def run(self) -> Choice:
        needed = _NEEDED[self.request.purpose]
        for entity in needed:
            found = (one for one in self.found.records if one.entity == entity)
            for record in sorted(found, key=lambda one: (len(one.name), one.name)):
                self._judge(record)
        self._not_needed(needed)
        facts = self.request.purpose != "services"
        filings = self.filings if facts else set()
        whole = frozenset(one for one in filings if self._everybody(self.found.people_in(one)))
        return Choice(
            request=self.request,
            answers=self.answers,
            kept=tuple(self.kept),
            left=tuple(_counted(self.left)),
            versions=tuple(one for one in self.found.versions if one.filing in filings),
            whole=frozenset(one.instance_id for one in self.found.versions if one.filing in whole),
            current=frozenset(one.instance_id for one in self.found.versions if one.current),
            files=tuple(one for one in self.found.files if one.filing in filings),
            names=frozenset(one for one in filings if set(self.found.people_in(one)) <= self.photo),
            history=tuple(self._history()),
        )

    # --- one record ---

    def _judge(self, record: Record) -> None:
        if record.entity == "need" and record.row["service"] != self.request.service:
            return self._stays(record, "not_needed")
        if record.entity == "intervention" and record.row["service"] != self.request.service:
            return self._stays(record, "not_needed")
        rule = {
            "person": self._person,
            "interview": self._interview,
            "perpetrator": self._perpetrator,
            "source": self._source,
            "information": self._information,
        }
        if record.entity == "evidence" and not proved({"integrity": None} | dict(record.row)):
            return self._stays(record, "unproved")
        if record.entity in rule:
            return rule[record.entity](record)
        if record.entity in _OF_ACTS and (
            record.key not in self.acts or not self._everybody(self._people(record))
        ):
            return self._stays(record, self._why_not(self._people(record)))
        return self._shared(record)

    def _person(self, record: Record) -> None:
        if not self._allowed(record.key):
            return self._stays(record, self._why(record.key))
        service = self.request.service
        cut = CONTACTS if not service else frozenset[str]() if service in _MEDICAL else _OF_HEALTH
        if cut:
            self._cut(record, cut, "not_needed")
        return self._goes(Kept(record, cut=cut))

    def _interview(self, record: Record) -> None:
        """Judge how the talk went; of a person who asked for services only it holds the name, and that is needed there."""
        people = self._people(record)
        if not self._anybody(people):
            return self._stays(record, self._why_not(people))
        if self.request.purpose != "services":
            cut = frozenset[str]() if self._everybody(people) else CAUTIONS
            return self._goes(Kept(record, sealed=False, cut=cut))
        if not self._everybody(people):
            return self._stays(record, "others_in_it")
        return self._goes(Kept(record, cut=frozenset(record.row)))

    def _perpetrator(self, record: Record) -> None:
        """Judge an alleged perpetrator: told with the acts that are told; what he is to others is not."""
        people = self._people(record)
        acts = {
            one.key
            for one in self.found.records
            if one.entity == "involvement" and one.row["perpetrator_uid"] == record.key
        }
        if not self._anybody(people) or (acts and acts.isdisjoint(self.acts)):
            return self._stays(record, self._why_not(people))
        hidden = sum(1 for uid in people if not self._allowed(uid))
        if not hidden:
            return self._goes(Kept(record))
        self._cut(record, RELATIONS, "others_in_it")
        return self._goes(Kept(record, cut=RELATIONS, hidden=hidden))

    def _source(self, record: Record) -> None:
        if not self._anybody(self._people(record)):
            return self._stays(record, self._why_not(self._people(record)))
        if record.row["at_risk"] == "yes":
            return self._stays(record, "source_in_danger")
        willing = record.row["willing_testify"] == "yes"
        if not willing:
            self.left.append(Left("source", record.name, "sealed", "source_unwilling"))
        self.sources.add(record.key)
        return self._goes(Kept(record, sealed=willing))

    def _information(self, record: Record) -> None:
        if record.key in self.sources:
            self._goes(Kept(record))
        else:
            self._stays(record, "source_in_danger")

    def _shared(self, record: Record) -> None:
        """Judge what may be about several people."""
        people = self._people(record)
        if not self._anybody(people):
            return self._stays(record, self._why_not(people))
        if record.entity == "act":
            self.acts.add(record.key)
        hidden = sum(1 for uid in people if not self._allowed(uid))
        if not hidden:
            return self._goes(Kept(record))
        if record.entity == "incident":
            self._cut(record, STORIES, "others_in_it")
            return self._goes(Kept(record, cut=STORIES, hidden=hidden))
        if record.entity == "evidence":
            return self._goes(Kept(record, hidden=hidden))
        part = "others" if record.entity == "act" else "sealed"
        self.left.append(Left(record.entity, record.name, part, "others_in_it", hidden))
        return self._goes(Kept(record, sealed=False, hidden=hidden))

    def _people(self, record: Record) -> tuple[str, ...]:
        return self.found.people_of(record)

    def _allowed(self, uid: str) -> bool:
        return uid in self.answers and self.answers[uid].allowed

    def _anybody(self, people: Iterable[str]) -> bool:
        return any(self._allowed(uid) for uid in people)

    def _everybody(self, people: Iterable[str]) -> bool:
        said = [self._allowed(uid) for uid in people]
        return bool(said) and all(said)

    def _why(self, uid: str) -> str:
        return self.answers[uid].why if uid in self.answers else "missing"

    def _why_not(self, people: Iterable[str]) -> str:
        reasons = {self._why(uid) for uid in people if not self._allowed(uid)}
        return next(iter(reasons)) if len(reasons) == 1 else "others_in_it" if reasons else "missing"

    def _goes(self, kept: Kept) -> None:
        self.kept.append(kept)
        self.filings.add(kept.record.filing)

    def _stays(self, record: Record, why: str) -> None:
        self.left.append(Left(record.entity, record.name, "all", why))

    def _cut(self, record: Record, fields: Iterable[str], why: str) -> None:
        self.left.append(Left(record.entity, record.name, "fields", why, len(list(fields))))

    # --- what is no record of this purpose ---

    def _not_needed(self, needed: tuple[str, ...]) -> None:
        for record in self.found.records:
            if record.entity == "alert":
                self.left.append(Left("alert", "", "all", "reporter"))
            elif record.entity not in needed:
                self.left.append(
                    Left(record.entity, "", "all", "internal" if record.entity in _INTERNAL else "not_needed")
                )
        extras = sum(1 for one in self.found.items if one.kind == "row" and one.row.startswith("extra:"))
        self.left += [Left("extra", "", "all", "unmapped")] * extras

    def _history(self) -> Iterator[Mapping[str, Any]]:
        """Yield the decisions about the case and about what leaves; what is said of others stays."""
        kept = {(one.record.entity, one.record.key): one for one in self.kept}
        for event in self.found.history:
            op, said = event["op"], event["payload"]
            about = said.get("person_uid")
            if op not in _TOLD or (about and not self._allowed(about)):
                continue
            if self.request.purpose == "services" and not op.startswith("consent."):
                continue
            if op in _ABOUT and not _leaves(kept, *_ABOUT[op](said)):
                continue
            yield {**event, "payload": {name: one for name, one in said.items() if name not in _OURS}}


def _leaves(kept: Mapping[tuple[str, str], Kept], entity: str, key: str, name: str = "") -> bool:
    """Tell whether a record leaves, and with it the field of that name."""
    one = kept.get((entity, key))
    return one is not None and name not in one.cut | CAUTIONS | UNTOLD


_TOLD: Final = frozenset(
    {
        "case.open",
        "case.move",
        "incident.verify",
        "evidence.move",
        "evidence.redacted",
        "value.correct",
        "consent.record",
        "consent.override",
    }
)
"""Decisions that a receiver is told of: they say how the case, its facts, proofs and consents came to be as they are.
Who else got something is no matter of a receiver."""
_ABOUT: Final[dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]]] = {
    "value.correct": lambda said: (said["entity"], said["record"], said["field"]),
    "incident.verify": lambda said: ("incident", said["incident"]),
    "evidence.move": lambda said: ("evidence", said["uid"]),
    "evidence.redacted": lambda said: ("evidence", said["uid"]),
}
"""Op of a decision about one record -> its entity and key, and the field; it is told when that record and field leave."""
_OURS: Final = frozenset(
    {
        "transferred_to",
        "receiver",
        "accepted_on",
        "reason",
        "resolution",
        "why",
        "said",
        "note",
        "via",
        ARRIVAL,
        UNBUILT,
        SHOWN,
    }
)
"""What a decision says of somebody else who got something, what was typed in free words, which may name anybody, and how much
the register held by then."""


def _counted(left: Iterable[Left]) -> Iterator[Left]:
    """Yield what stays, what is alike counted together."""
    found: dict[tuple[str, str, str, str], int] = {}
    for one in left:
        key = (one.entity, one.name, one.part, one.why)
        found[key] = found.get(key, 0) + one.count
    for (entity, name, part, why), count in found.items():
        yield Left(entity, name, part, why, count)
