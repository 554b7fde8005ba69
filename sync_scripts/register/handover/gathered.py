"""All that the everyday register says of one case, as records that can be judged one by one. Reads levels 0 to 2; opens nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Table, and_, or_, select

from sync_scripts.register.consents.agreements import agreed_in
from sync_scripts.register.consents.other_records import CaseAgreed
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.model.build_backlog import first_apart
from sync_scripts.register.model.errors import CaseMerged
from sync_scripts.store import custody
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.statements import LATER

UNTOLD: Final = frozenset(
    {"number", "alert_code", "case_known", "case_code", "uid", "act_uid", "person_uid", "confidentiality"}
)
"""Fields that name a record only, or say how the organisation handles it: no receiver is told of them, nor of their changes."""

CAUTIONS: Final = frozenset({"withhold_from"})
"""Fields that say from whom those of an interview want it kept: one answer for all of them, and a rule for who hands things over."""

_KEYS: Final[dict[str, str]] = {
    "alert": "alert_id",
    "interview": "interview_id",
    "person": "uid",
    "incident": "incident_id",
    "act": "uid",
    "detention": "act_uid",
    "torture": "act_uid",
    "death": "act_uid",
    "loss": "act_uid",
    "facility": "act_uid",
    "perpetrator": "uid",
    "involvement": "act_uid",
    "source": "uid",
    "information": "source_uid",
    "evidence": "uid",
    "legal_event": "legal_id",
    "assessment": "assessment_id",
    "need": "service",
    "intervention": "intervention_id",
    "followup": "followup_id",
    "shelter": "shelter_id",
    "support": "support_id",
    "closure": "closure_id",
}
"""Entity -> the column that names its record in what is sealed of it."""
_OF_ACTS: Final = frozenset({"act", "detention", "torture", "death", "loss", "facility", "involvement"})


class Record(msgspec.Struct, frozen=True):
    """One record of a case.

    Attributes:
        entity: of the register.
        key: how what is sealed of it names it.
        filing: number of the submission that it comes from.
        row: its open fields.
        people: uids of those it is about; None when it is about everybody in its submission, or in the case.
    """

    entity: str
    key: str
    filing: int
    row: Mapping[str, Any]
    people: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What it is called inside the case (V1, A2); empty for what has no number."""
        return str(self.row.get("pseudonym") or "")


class Version(msgspec.Struct, frozen=True):
    """One version of a submission as it was received.

    Attributes:
        filing: number of its submission.
        stamp, form_version, instance_id, root_id, received_at: as stored.
        current: it is the version that counts.
        commitment, sealed_sha256: from the chain of custody; empty when the chain names none.
        line: number of that line; 0 without one.
        encrypted: it came encrypted by the phone.
    """

    filing: int
    stamp: str
    form_version: str
    instance_id: str
    root_id: str
    received_at: str
    current: bool
    commitment: str = ""
    sealed_sha256: str = ""
    line: int = 0
    encrypted: bool = False


class File(msgspec.Struct, frozen=True):
    """A photo, recording or paper that arrived with a submission.

    Attributes:
        filing: number of the submission.
        version: instance id of the version that announced it.
        question: path of its question; empty when it answers none.
        state: held, missing, empty, refused, erased.
        page, item: where its sealed part is; empty and 0 when it was not held.
        sealed_sha256: its name, the SHA-256 of the sealed bytes.
        size: in bytes, as received.
        commitment, line: as in `Version`.
        later: instance id of the version that took the place of its own at the server before it came; "" = none did.
    """

    filing: int
    version: str
    question: str
    state: str
    page: str = ""
    item: int = 0
    sealed_sha256: str = ""
    size: int | None = None
    commitment: str = ""
    line: int = 0
    later: str = ""


class Gathered(msgspec.Struct, frozen=True):
    """One case, before anything is chosen.

    Attributes:
        code: of the case.
        row: its row.
        agreed: who agreed to what.
        counsel: a lawyer stands in the case.
        records: everything in it.
        people: uids by submission.
        names: uid -> pseudonym.
        versions: every version that was received, with its hashes.
        files: everything that came beside the answers.
        items: what is sealed of it, without its bytes.
        history: what was decided.
        head: number and hash of the last line of the chain of custody.
    """

    code: str
    row: Mapping[str, Any]
    agreed: CaseAgreed
    counsel: bool
    records: tuple[Record, ...]
    people: Mapping[int, tuple[str, ...]]
    names: Mapping[str, str]
    versions: tuple[Version, ...]
    files: tuple[File, ...]
    items: tuple[SealedItem, ...]
    history: tuple[Mapping[str, Any], ...]
    head: tuple[int, str]

    def people_of(self, record: Record) -> tuple[str, ...]:
        """Return whom a record is about: those it names, else everybody of its submission, else of the case."""
        if record.people is not None:
            return record.people
        return self.people_in(record.filing)

    def people_in(self, filing: int) -> tuple[str, ...]:
        """Return the people of a submission; of one that names nobody, those of the case."""
        return self.people.get(filing) or tuple(self.names)


def gather(rows: Rows, text: str) -> Gathered:
    """Return a case by its code as typed.

    Raises:
        CaseUnknown, CaseMerged: as they say.
    """
    row = case_of(rows, text)
    code = row["case_code"]
    if row["merged_into"] is not None:
        raise CaseMerged(case=code, into=row["merged_into"])
    found = {entity: _rows(rows, _table(entity), code) for entity in _KEYS}
    people: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for one in found["person"]:
        people[one["filing_no"]] += (one["uid"],)
    filings = _filings(rows, code)
    versions, files, head = _received(rows, filings)
    return Gathered(
        code=code,
        row=row,
        agreed=agreed_in(rows, code),
        counsel=any(one["lawyer_code"] for one in found["legal_event"]),
        records=tuple(_records(found, _victims(rows, code))),
        people=dict(people),
        names={one["uid"]: one["pseudonym"] or "" for one in found["person"]},
        versions=versions,
        files=files,
        items=_items(rows, code),
        history=tuple(logbook(rows, code, opened=True)),
        head=head,
    )


def _table(entity: str) -> Table:
    return next(one for one in tables.TABLES if one.name == entity)


def _rows(rows: Rows, table: Table, code: str) -> list[Mapping[str, Any]]:
    filing = tables.filing
    query = select(table).join(filing, filing.c.filing_no == table.c.filing_no)
    query = query.where(filing.c.case_code == code).order_by(filing.c.filing_no, *table.primary_key)
    return [dict(one) for one in rows.execute(query).mappings()]


def _victims(rows: Rows, code: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for one in _rows(rows, tables.act_victim, code):
        found[one["act_uid"]] += (one["person_uid"],)
    return found


def _records(
    found: Mapping[str, Sequence[Mapping[str, Any]]], victims: Mapping[str, tuple[str, ...]]
) -> Iterator[Record]:
    for entity, rows in found.items():
        for row in rows:
            key = str(row[_KEYS[entity]])
            yield Record(entity, key, row["filing_no"], row, _about(entity, row, victims))


def _about(
    entity: str, row: Mapping[str, Any], victims: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    """Return whom a record names; None when it names nobody."""
    if entity == "person":
        return (row["uid"],)
    if entity in _OF_ACTS:
        return victims.get(row["uid" if entity == "act" else "act_uid"]) or None
    if entity in {"interview", "need", "intervention"} and row["person_uid"]:
        return (row["person_uid"],)
    return None


# --- what arrived, and its hashes -----------------------------------------------------------------------------------


def _filings(rows: Rows, code: str) -> dict[tuple[str, str], tuple[int, str]]:
    """Return the submissions of a case: number, and instance id of the version that its rows tell of."""
    filing = tables.filing
    query = select(filing.c.stamp, filing.c.root_id, filing.c.filing_no, filing.c.instance_id)
    query = query.where(filing.c.case_code == code)
    return {(one.stamp, one.root_id): (one.filing_no, one.instance_id) for one in rows.execute(query)}


def _received(
    rows: Rows, filings: Mapping[tuple[str, str], tuple[int, str]]
) -> tuple[tuple[Version, ...], tuple[File, ...], tuple[int, str]]:
    """Return what was received of some submissions, and could be built: of all else nobody has asked whether it may leave."""
    sent, apart = raw.submission, first_apart(rows)
    if not filings:
        return (), (), _head(rows)
    roots = or_(*(and_(sent.c.stamp == stamp, sent.c.root_id == root) for stamp, root in filings))
    stored = [
        one
        for one in rows.execute(select(sent).where(roots).order_by(sent.c.arrival)).mappings()
        if one["arrival"] < apart.get((one["stamp"], one["root_id"]), one["arrival"] + 1)
    ]
    held = _held(rows, {one["instance_id"] for one in stored})
    chain, head = _chain(
        rows, {one["instance_id"] for one in stored}, {one["file"] for one in held if one["file"]}
    )
    versions = tuple(
        Version(
            filings[one["stamp"], one["root_id"]][0],
            one["stamp"],
            one["form_version"],
            one["instance_id"],
            one["root_id"],
            one["received_at"],
            one["instance_id"] == filings[one["stamp"], one["root_id"]][1],
            *chain.get(one["instance_id"], ("", "", 0)),
            encrypted=one["encryption"] not in {None, "clear"},
        )
        for one in stored
    )
    numbers = {one.instance_id: one.filing for one in versions}
    files = tuple(_file(one, numbers, chain) for one in held)
    return versions, files, head


def _held(rows: Rows, instances: set[str]) -> list[Mapping[str, Any]]:
    kept = raw.attachment
    query = select(kept).where(kept.c.instance_id.in_(sorted(instances)))
    return [
        dict(one)
        for one in rows.execute(query.order_by(kept.c.at, kept.c.instance_id, kept.c.tag)).mappings()
    ]


def _file(
    one: Mapping[str, Any], numbers: Mapping[str, int], chain: Mapping[str, tuple[str, str, int]]
) -> File:
    commitment, _sealed, line = chain.get(one["file"] or "", ("", "", 0))
    return File(
        numbers[one["instance_id"]],
        one["instance_id"],
        one["question"] or "",
        one["state"],
        one["key_page"] or "",
        one["item"] or 0,
        one["file"] or "",
        one["size"],
        commitment,
        line,
        mark.removeprefix(LATER) if (mark := one["mark"] or "").startswith(LATER) else "",
    )


def _chain(
    rows: Rows, instances: set[str], files: set[str]
) -> tuple[dict[str, tuple[str, str, int]], tuple[int, str]]:
    """Return commitment, sealed SHA-256 and number of the line by version or file; and the head of the chain."""
    found: dict[str, tuple[str, str, int]] = {}
    for line in custody.read(rows):
        if not any(f'"action":"{one}"' in line.text for one in ("RECEIVED", "REDACTED")):
            continue
        entry = line.entry
        details = entry["details"]
        if details.get("file") in files:
            found.setdefault(details["file"], (entry["object"], details["file"], line.seq))
        elif details.get("version") in instances and "sealed" in details:
            if entry["action"] == "REDACTED":  # a copy took the place of what came
                found.pop(details["version"], None)
            found.setdefault(details["version"], (entry["object"], details["sealed"], line.seq))
    return found, _head(rows)


def _head(rows: Rows) -> tuple[int, str]:
    last = custody.head(rows)
    return (last.seq, last.hash) if last else (0, "")


def _items(rows: Rows, code: str) -> tuple[SealedItem, ...]:
    held = raw.sealed_item
    columns = [column for column in held.c if column.name != "blob"]
    query = select(*columns).where(held.c.scope.in_(scopes_of(rows, code)))
    query = query.order_by(held.c.key_page, held.c.item)
    return tuple(SealedItem(**dict(one)) for one in rows.execute(query).mappings())
