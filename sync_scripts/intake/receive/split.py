"""What of a submission is open and what is sealed: pure, one version at a time. Seals nothing and keeps nothing.

The form's own map decides. An answer of level 3, or of a question that the form version does not know, leaves only
its mark in the open tree; its value goes into the sealed part of the register row it belongs to. Positions are made
coarse before that: nobody needs a victim's house to the metre.

Of numbers, file names and places at a source only keyed tags are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from unicodedata import category

import msgspec

from sync_scripts.intake.receive.answers import Answers
from sync_scripts.register.forms.answers import (
    Extra,
    Parted,
    Reading,
    Record,
    Tag,
    Tree,
    Value,
    write_open_part,
)
from sync_scripts.register.forms.formmap import Asked, FormMap
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.servers.base import SHA1
from sync_scripts.store.durable import is_device
from sync_scripts.store.seal.tags import bytes_mark, contact_tag, document_tag, media_tag, source_tag

_SHA1: Final = "s:"
"""Before the tag of a SHA-1: tags themselves do not say of what they are."""


@dataclass(slots=True)
class Tagger:
    """Makes tags under the match key, and counts the numbers that are none."""

    key: bytes = field(repr=False)
    unreadable: Counter[str] = field(default_factory=Counter)

    def number(self, kind: str, text: str) -> int | None:
        """Return the cut tag of a phone or document number; None for what is no number, which is counted."""
        tag = (contact_tag if kind == "contact" else document_tag)(self.key, text)
        if tag is None:
            self.unreadable[kind] += 1
        return tag

    def file(self, instance_id: str, name: str) -> str:
        """Return the tag of a file name within one submission version."""
        return media_tag(self.key, instance_id, name)

    def bytes(self, said: str) -> str:
        """Return the cut tag of what a server says of a file's bytes; see `same_bytes`."""
        return f"{_SHA1 if said.startswith(SHA1) else ''}{bytes_mark(self.key, said)}"

    def place(self, server: str, origin: str, place: str) -> str:
        """Return the tag of a place at a source; ``origin`` keeps apart two sources of one server name."""
        return source_tag(self.key, server, f"{origin}\0{place}")


def same_bytes(said: str, held: str) -> bool | None:
    """Tell whether two tags of `Tagger.bytes` speak of the same bytes; None where they are of two kinds of digest.

    A Central says the MD5 of a file that lies in its database, and the SHA-1 of one that it has moved to a store. Only one
    of them is kept: two would tell more of the bytes than a register may.

    >>> same_bytes("a1", "a1"), same_bytes("s:b2", "s:b1"), same_bytes("s:b1", "a1")
    (True, False, None)
    """
    if said.startswith(_SHA1) != held.startswith(_SHA1):
        return None
    return said == held


def hostile(name: str) -> bool:
    """Tell whether a file name could do harm where names are used: no path, no hidden sign, nothing reserved."""
    return (
        len(name.encode("utf-8", "surrogatepass")) > 255
        or name != name.strip(". ")
        or any(sign in '/\\:*?"<>|' or category(sign).startswith("C") for sign in name)
        or is_device(name)
    )


_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def entry_code(tag: str) -> str:
    """Return what a person types to name the entry of a place: ``Q-`` and eight letters and digits."""
    number = int(tag[:10], 16)
    body = "".join(_CODE_LETTERS[number >> shift & 31] for shift in range(35, -5, -5))
    return f"Q-{body[:4]}-{body[4:]}"


PERSON = "person"
SUBMISSION = ""
"""The scope of what belongs to no person."""
MEDIA_TYPES = frozenset({"image", "audio", "video", "file", "background-audio"})
AUDIT = "meta/audit"
GEO_TYPES = frozenset({"geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint"})

_KEY_IN_PATH = re.compile(r"\[([^\]]*)\]")


class Part(msgspec.Struct, frozen=True):
    """The sealed answers of one register row, before they are sealed.

    Attributes:
        owner: ``person:<uid>`` when they are erased with that person, else ``SUBMISSION``.
        row: the row they belong to, ``entity:key``.
        entity: entity of the register, ``extra`` for what nobody mapped.
        fields: values by field name (extra: by path).
        labels: of ``extra``, the labels of that form version by path: no catalogue holds them.
    """

    owner: str
    row: str
    entity: str
    fields: dict[str, str]
    labels: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return what is sealed."""
        labels = {"labels": self.labels} if self.labels else {}
        return {"entity": self.entity, "fields": self.fields, **labels, "v": 1}

    def __repr__(self) -> str:
        """Name the row; never what was answered."""
        return f"Part({self.entity}, {len(self.fields)})"


class Media(msgspec.Struct, frozen=True):
    """One file that an answer announces.

    Attributes:
        owner: as in `Part`.
        question: path of the question, without keys.
        name: file name as answered; comes from outside and is sealed.
    """

    owner: str
    question: str
    name: str

    def __repr__(self) -> str:
        """Name the question; never the file."""
        return f"Media({self.question})"


class Split(msgspec.Struct, frozen=True):
    """One submission version taken apart.

    Attributes:
        open_part: canonical JSON of the tree without sealed answers.
        parts: sealed answers, row by row.
        media: files that answers announce, in the order of the form.
        reading: what the register reads in the open part; holds no sealed answer.
    """

    open_part: str
    parts: tuple[Part, ...]
    media: tuple[Media, ...]
    reading: Reading

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"Split({len(self.parts)} parts, {len(self.media)} files)"


class Splitter:
    """Takes apart the submissions of one form version; made once, used for all of them."""

    def __init__(self, form_map: FormMap) -> None:
        """Decide for each question once what happens to its answer."""
        self._reader = Reader(form_map)
        geo = [asked for asked in form_map.questions if asked.type in GEO_TYPES]
        self._geo_fields = frozenset((asked.entity, asked.field) for asked in geo if asked.field)
        self._geo_paths = frozenset("/".join(asked.path) for asked in geo)
        self._media = _Shelf(form_map)

    @property
    def entities(self) -> frozenset[str]:
        """Return what the form can feed."""
        return self._reader.entities

    def split(self, answers: Answers, root_id: str, tag: Tag) -> Split:
        """Return the open and the sealed side of one version; ``root_id`` is the key of the rows at the root."""
        parted = self._reader.part(answers.tree, root_id, tag)
        reading = parted.reading
        people = {
            record.key for record in reading.records if record.entity == PERSON and not record.by_position
        }
        parts = [*self._of_records(parted, people), *self._of_extras(answers, parted, people, root_id)]
        media = self._media.announced(answers.tree, people)
        if answers.submission.audit:
            media.append(Media(SUBMISSION, AUDIT, answers.submission.audit))
        return Split(
            open_part=write_open_part(parted.tree),
            parts=tuple(parts),
            media=tuple(media),
            reading=reading,
        )

    def _of_records(self, parted: Parted, people: set[str]) -> Iterator[Part]:
        for record, sealed in parted.records:
            entity = record.entity
            fields = {name: self._value(entity, name, str(said)) for name, said in sealed.items()}
            yield Part(_owner(record, people), f"{entity}:{record.key}", entity, fields)

    def _value(self, entity: str, name: str, said: str) -> str:
        return coarse(said) if (entity, name) in self._geo_fields else said

    def _of_extras(self, answers: Answers, parted: Parted, people: set[str], root_id: str) -> Iterator[Part]:
        """Yield what nobody mapped: of each person apart, the rest together with the name on the phone."""
        found: dict[str, dict[str, str]] = {}
        labels: dict[str, dict[str, dict[str, str]]] = {}
        if answers.submission.instance_name:
            found[SUBMISSION] = {"meta/instanceName": answers.submission.instance_name}
        for extra, said in parted.extras:
            owner = _owner_of_path(extra.path, people)
            _put(found.setdefault(owner, {}), extra.path, self._extra_value(extra, said))
            if extra.fr or extra.en:
                labels.setdefault(owner, {})[extra.path] = {"en": extra.en, "fr": extra.fr}
        for owner, fields in found.items():
            row = f"extra:{owner.partition(':')[2] or root_id}"
            yield Part(owner, row, "extra", fields, labels.get(owner, {}))

    def _extra_value(self, extra: Extra, said: Value) -> str:
        value = str(said)
        plain = _KEY_IN_PATH.sub("", extra.path)
        return coarse(value) if plain in self._geo_paths else value


class _Shelf:
    """Where in a form files are asked for, so that a form without any costs nothing."""

    def __init__(self, form_map: FormMap) -> None:
        self._questions: dict[tuple[str, ...], Asked] = {
            asked.path: asked for asked in form_map.questions if asked.type in MEDIA_TYPES
        }
        self._above = {path[:length] for path in self._questions for length in range(1, len(path))}
        people = {held.path for held in form_map.groups if held.repeat and held.entity == PERSON}
        self._uids = {
            asked.path
            for asked in form_map.questions
            if asked.path[:-1] in people and asked.entity == PERSON and asked.field == "uid"
        }

    def announced(self, tree: Tree, people: set[str]) -> list[Media]:
        """Return the files that the answers of a tree name, in the order of the form."""
        found: list[Media] = []
        if self._questions:
            self._look(tree, (), SUBMISSION, people, found)
        return found

    def _look(
        self, nodes: Tree, path: tuple[str, ...], owner: str, people: set[str], found: list[Media]
    ) -> None:
        for node in nodes:
            here = (*path, node.name)
            if here in self._uids and node.value in people:
                owner = f"{PERSON}:{node.value}"
        for node in nodes:
            here = (*path, node.name)
            if isinstance(node.value, tuple):
                if here in self._above:
                    self._look(node.value, here, owner, people, found)
            elif isinstance(node.value, str) and here in self._questions:
                found.append(Media(owner, "/".join(here), node.value))


def coarse(position: str) -> str:
    """Return a position, or a line of positions, to 0.01 degree (about a kilometre), without height and accuracy.

    What is no position is returned as it is: it is sealed either way.
    """
    return ";".join(_coarse_point(point) for point in position.split(";"))


def _coarse_point(point: str) -> str:
    numbers = point.split()
    try:
        return " ".join(f"{float(number):.2f}" for number in numbers[:2])
    except ValueError:
        return point


def _owner(record: Record, people: set[str]) -> str:
    """Say which person a record is erased with: the person itself, or the one it stands under."""
    if record.entity == PERSON and record.key in people:
        return f"{PERSON}:{record.key}"
    return f"{PERSON}:{record.parent}" if record.parent in people else SUBMISSION


def _owner_of_path(path: str, people: set[str]) -> str:
    keys = (key for key in _KEY_IN_PATH.findall(path) if key in people)
    return next((f"{PERSON}:{key}" for key in keys), SUBMISSION)


def _put(fields: dict[str, str], path: str, value: str) -> None:
    """Keep a value under its path; a second one of the same path gets a number behind it."""
    name, number = path, 1
    while name in fields:
        number += 1
        name = f"{path}#{number}"
    fields[name] = value
