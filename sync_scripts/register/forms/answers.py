"""What one submission version answered: the answers tree, the records of entities in it, the consent and the providers they name.

Intake makes the tree, in one shape for every server and every engine; the register reads it. The same tree with its sealed
answers taken out is the *open part*, kept as canonical JSON in the raw store, so that building on arrival and building again
later read the same thing. Never holds ``meta``, an unanswered question, or a sealed value in the open part.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from sync_scripts.register.model import codes
from sync_scripts.register.rules.clocks import after_months
from sync_scripts.store import events
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows

REDACTED: Final = "dikalo_redacted"
"""Name of the element that stands in a repetition or group out of which every answer was taken: its row stays."""

Leaf = str
"""An answer as it was given, trimmed and never empty."""


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The mark "a sealed answer was given here".

    Attributes:
        tag: the cut keyed tag of a phone or document number, for matching; None for every other answer.
    """

    tag: int | None = None


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One element of the tree: a question with its answer, or a group or repetition with its children.

    Attributes:
        name: name of the question, group or repeat, without namespace.
        value: the answer, the mark of a sealed answer, or the children in the order of the form. The repetitions of
            a repeat are siblings with the same name.
    """

    name: str
    value: str | Sealed | tuple[Node, ...]


Tree = tuple[Node, ...]
"""The children of the root element."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tree).decode


def write_open_part(tree: Tree) -> str:
    """Return the canonical JSON of an open tree: ``[[name, "text" | {"tag": n} | {} | [children]], …]``, no spaces.

    The same tree always gives the same bytes, so the text can be compared and hashed.
    """
    return _encode(tree).decode()


def read_open_part(text: str | bytes) -> Tree:
    """Return the tree of an open part.

    Raises:
        msgspec.MsgspecError: the text is not an open part.
    """
    return _decode(text)


def codes_in(tree: Tree) -> set[str]:
    """Return all codes of cases and alerts among some answers, whatever they answer: what their form means nobody may be able to tell."""
    found: set[str] = set()
    for node in tree:
        if isinstance(node.value, tuple):
            found |= codes_in(node.value)
        elif isinstance(node.value, str):
            found |= {codes.read(node.value, "DK"), codes.read(node.value, "AL")} - {None}  # type: ignore[arg-type]
    return found


Value = str | Sealed
Tag = Callable[[str, str], int | None]
"""(``contact`` or ``document``, the answer) -> its cut tag; None for what is no number."""
SEALED: Final = 3

TAGGED: Final[dict[tuple[str, str], Literal["contact", "document"]]] = {
    ("alert", "contact"): "contact",
    ("interview", "service_phone"): "contact",
    ("person", "phone"): "contact",
    ("person", "national_id"): "document",
}
"""Sealed answers that leave a cut keyed tag behind, for matching."""


class Record(msgspec.Struct, frozen=True):
    """One row to be, as the form answered it.

    Attributes:
        entity: the entity of the register.
        key: the record's own key: the uid of its repetition, else the root id; a choice or purpose after a colon.
        parent: key of the repetition that it stands in or hangs on; the root id for one at the root, "" for the
            records of the root itself.
        fields: answers by field name, as given.
        sealed: the fields of level 3, whatever ``fields`` holds of them.
        by_position: the repetition had no uid of its own, so that the key is only its position.
    """

    entity: str
    key: str
    parent: str
    fields: dict[str, Value]
    sealed: tuple[str, ...] = ()
    by_position: bool = False


class Extra(msgspec.Struct, frozen=True):
    """An answer that nobody mapped.

    Attributes:
        path: question path; a repetition is named by its key in brackets.
        fr: French label of that form version, "" when the question is unknown to it.
        en: English label.
        value: the answer, or the mark of a sealed one.
        level: sensitivity; 3 when the form version does not know the question.
    """

    path: str
    fr: str
    en: str
    value: Value
    level: int


class Remark(msgspec.Struct, frozen=True):
    """Something about a tree that a person should see; never holds an answer.

    Attributes:
        kind: ``second_answer``, ``uid_missing``, ``uid_twice`` or ``question_unknown``.
        place: question path.
    """

    kind: Literal["second_answer", "uid_missing", "uid_twice", "question_unknown"]
    place: str


class Reading(msgspec.Struct, frozen=True):
    """All that one tree says.

    Attributes:
        records: parents before their children, repetitions in the order of the form.
        extras: what nobody mapped, level 3 included.
        remarks: in the order in which they were met.
        stamps: answers mapped to ``submission`` (``device_start``, ``device_end``).
    """

    records: tuple[Record, ...]
    extras: tuple[Extra, ...]
    remarks: tuple[Remark, ...]
    stamps: dict[str, Value]


class Parted(msgspec.Struct, frozen=True):
    """One full tree taken apart: what stays open, and beside it what is to be sealed.

    Attributes:
        reading: what the open tree says; the same as reading it again later.
        tree: the open tree: every answer of level 3, or of a question unknown to the form, is only marked.
        records: records with sealed answers, each with these answers by field.
        extras: sealed answers that nobody mapped, each with its place.
    """

    reading: Reading
    tree: Tree
    records: tuple[tuple[Record, dict[str, Value]], ...]
    extras: tuple[tuple[Extra, Value], ...]

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"Parted({len(self.records)} records, {len(self.extras)} extras)"


GIVEN: Final = frozenset({"given", "guardian", "assent"})
"""States that count as a yes until they expire or are withdrawn."""

_SCOPES: Final = frozenset({"anonymous", "identified"})
_CHANNELS: Final = frozenset({"phone", "visit", "intermediary"})
_LISTS: Final = frozenset({"refer_identity"})
_WITH_CHANNEL: Final = frozenset({"followup_contact"})


@dataclass(frozen=True, slots=True)
class Consent:
    """One purpose for one person, as it stands; dates as ISO days, instants as text, ``detail`` as canonical JSON."""

    purpose: str
    state: str
    scope: str | None = None
    detail: str | None = None
    given_at: str | None = None
    expires_at: str | None = None
    withdrawn_at: str | None = None
    override_reason: str | None = None
    override_by_1: str | None = None
    override_by_2: str | None = None
    override_until: str | None = None
    override_from: str | None = None


CONSENT_COLUMNS: Final = tuple(one.name for one in fields(Consent) if one.name != "override_from")
"""What of a consent stands in its row."""


def not_overridden(one: Consent) -> Consent:
    """Return a consent over which no override lies any more: the person was reached, and said no."""
    return replace(
        one,
        override_reason=None,
        override_by_1=None,
        override_by_2=None,
        override_until=None,
        override_from=None,
    )


@lru_cache(maxsize=2048)
def given(purpose: str, answer: Value, yes: str, day: date, months: int) -> Consent | None:
    """Return what an answer to a consent question means; None when it says neither yes nor no.

    Args:
        purpose: the purpose asked about.
        answer: the answer; a sealed one says nothing to the everyday register.
        yes: what a yes counts as, see `yes_of`.
        day: day of the talk.
        months: for how long a consent holds.
    """
    if not isinstance(answer, str):
        return None
    if answer == "no":
        return Consent(purpose, "refused")
    scope = answer if answer in _SCOPES else None
    detail = _detail(purpose, answer)
    if answer != "yes" and scope is None and detail is None:
        return None
    until = after_months(day, months)
    return Consent(purpose, yes, scope, detail, day.isoformat(), until.isoformat())


def _detail(purpose: str, answer: str) -> str | None:
    if purpose in _LISTS:
        return canonical({"services": sorted(answer.split())})
    return canonical({"channel": answer}) if purpose in _WITH_CHANNEL and answer in _CHANNELS else None


def yes_of(by: Mapping[str, Value]) -> str:
    """Return what a yes counts as: the person's own, the guardian's, or a child's and the guardian's.

    Somebody else's yes, such as the family's for a missing man, is never the person's own: it counts as a guardian's, and
    for a child as one without assent.
    """
    who = by.get("consent_by") or "self"
    if who == "self":
        return "given"
    return "assent" if who == "guardian" and by.get("child_assent") == "yes" else "guardian"


PUBLISHED: Final = "publish.providers"
"""The event that says which codes of providers were sent to a list for the first time."""
SUBJECT: Final = "publish:lists"
FIELD: Final = "provider_code"
_NAMES = uuid.UUID(
    "6b1f7a52-4a8e-5f0e-9d55-9a2f4f3b7c10"
)  # ours: makes a row's uuid the same on every laptop
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def row_uuid(code: str, place: str = "") -> str:
    """Return the uuid of a code: always the same, and of the form that ODK Central takes (version 4).

    ``place`` names the project and list of a Central, where no two rows of the whole server may share a uuid.
    """
    name = f"{place}/{code}" if place else code
    return str(uuid.UUID(bytes=uuid.uuid5(_NAMES, name).bytes, version=4))


def named(rows: Rows) -> dict[str, str]:
    """Return the code of every row that was ever sent to a list of providers, by its uuid."""
    found: dict[str, str] = {}
    for event in events.read(rows, ops=[PUBLISHED]):
        place = str(event.payload["place"])
        found |= {row_uuid(code, place): code for code in event.payload["codes"]}
    return found


def is_row(value: object) -> bool:
    """Tell whether an answer looks like the row of a list, not like a code."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def coded(reading: Reading, codes: Mapping[str, str]) -> Reading:
    """Return a reading with the codes of its providers in place of the rows that were chosen."""
    return msgspec.structs.replace(reading, records=tuple(_coded(one, codes) for one in reading.records))


def _coded(record: Record, codes: Mapping[str, str]) -> Record:
    chosen: Any = record.fields.get(FIELD)
    if not is_row(chosen) or chosen not in codes:
        return record
    return msgspec.structs.replace(record, fields={**record.fields, FIELD: codes[chosen]})


def chosen_rows(reading: Reading) -> Iterator[str]:
    """Yield the rows of a list by which a reading names providers."""
    for one in reading.records:
        chosen = one.fields.get(FIELD)
        if isinstance(chosen, str) and is_row(chosen):
            yield chosen
