"""From an answers tree to records: which answers make which row of which entity. Pure; decides nothing about people.

The rules, in the order of the domain page: a group or repeat names an entity, a question a field; one repetition is
one record, keyed by its ``uid`` and never by its position; groups of one entity under one repetition are one record;
a dotted name goes to the companion under the same repetition; consent is keyed by its field name; a multiple choice
of needs, victims or acts makes one record a choice; of two answers to one field the first counts and the second is
remarked; what has no field goes to ``extra``.

The same tree gives the same records whether its sealed answers are there (intake, which seals them record by record)
or only marked (every build): nothing here looks into a value of level 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec

from sync_scripts.register.answers import Node, Sealed, Tree
from sync_scripts.register.formmap import Asked, FormMap
from xlsform.pack import register_fields

__all__ = ["SEALED", "TAGGED", "Extra", "Reader", "Reading", "Record", "Remark", "Value", "records"]

Value = str | Sealed
SEALED: Final = 3
LONGEST: Final = 64
"""Longest uid or choice that can be part of a key; what is longer was made by no form."""

PICKS: Final = {("need", "service"), ("act_victim", "person_uid"), ("involvement", "act_uid")}
"""Fields whose multiple choice makes one record a choice."""
RANKS: Final = {("need", "rank")}
"""Fields that give each record of a choice its position."""
KEYED: Final = {"consent"}
"""Entities keyed by the field's own name."""
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


def records(tree: Tree, form_map: FormMap, root_id: str) -> Iterator[Record]:
    """Yield the records of one tree. For many trees of one form version keep a `Reader`."""
    yield from Reader(form_map).read(tree, root_id).records


class _Leaf:
    """What to do with the answer to one question, decided once per form version."""

    __slots__ = ("asked", "counts", "entity", "field", "how", "level", "tag")

    def __init__(self, asked: Asked, known: frozenset[tuple[str, str]]) -> None:
        self.asked = asked
        self.level = asked.level
        self.counts = asked.sort == "question"
        self.entity = asked.entity or ""
        self.field = asked.field or ""
        self.tag = TAGGED.get((self.entity, self.field))
        self.how = _how(asked, known)


_FIELD, _PICK, _RANK, _KEY, _STAMP, _EXTRA, _NOTHING = range(7)


def _how(asked: Asked, known: frozenset[tuple[str, str]]) -> int:
    if asked.entity is None or asked.field is None or (asked.entity, asked.field) not in known:
        return _EXTRA if _is_shown(asked) else _NOTHING
    if asked.entity == "submission":
        return _STAMP
    if asked.entity in KEYED:
        return _KEY
    if asked.level < SEALED and (asked.entity, asked.field) in PICKS:
        return _PICK
    return _RANK if asked.level < SEALED and (asked.entity, asked.field) in RANKS else _FIELD


def _is_shown(asked: Asked) -> bool:
    """Tell whether an unmapped row belongs under ``extra``: not notes, metadata, or a calculate without a label."""
    return asked.sort == "question" or (asked.sort == "calculate" and bool(asked.fr or asked.en))


class _Branch:
    """A group or repeat of the form, with its questions by name."""

    __slots__ = ("branches", "entity", "known", "leaves", "name", "repeat")

    def __init__(
        self, name: str, entity: str | None = None, *, repeat: bool = False, known: bool = True
    ) -> None:
        self.name = name
        self.entity = entity
        self.repeat = repeat
        self.known = known
        self.leaves: dict[str, _Leaf] = {}
        self.branches: dict[str, _Branch] = {}


_UNKNOWN = _Branch("", known=False)


class _Frame:
    """One repetition, or the root: what was answered under it, entity by entity."""

    __slots__ = ("branch", "children", "counted", "extras", "fields", "number", "picks", "ranks", "sealed")

    def __init__(self, branch: _Branch, number: int) -> None:
        self.branch = branch
        self.number = number
        self.fields: dict[str, dict[str, Value]] = {}
        self.sealed: dict[str, list[str]] = {}
        self.counted: set[str] = set()
        self.picks: dict[str, tuple[str, list[str]]] = {}
        self.ranks: dict[str, tuple[str, list[str]]] = {}
        self.extras: list[tuple[str, _Leaf | None, Value]] = []
        self.children: list[_Frame] = []


class Reader:
    """Reads the trees of one form version; made once, used for all of them."""

    def __init__(self, form_map: FormMap) -> None:
        """Decide for each question once what happens with its answer."""
        known = frozenset(register_fields())
        self.form_map = form_map
        self.entities: frozenset[str] = frozenset(
            asked.entity for asked in form_map.questions if asked.field and asked.entity
        )
        self._root = _Branch("")
        for held in form_map.groups:
            above = self._branch(held.path[:-1])
            above.branches[held.path[-1]] = _Branch(held.path[-1], held.entity, repeat=held.repeat)
        for asked in form_map.questions:
            self._branch(asked.path[:-1]).leaves[asked.path[-1]] = _Leaf(asked, known)

    def _branch(self, path: tuple[str, ...]) -> _Branch:
        branch = self._root
        for name in path:
            branch = branch.branches[name]
        return branch

    def read(self, tree: Tree, root_id: str) -> Reading:
        """Return what a tree says; ``root_id`` is the key of the records at the root."""
        return _Reader(self._root, root_id).read(tree)

    def open_tree(self, tree: Tree, tag: Callable[[str, str], int | None]) -> Tree:
        """Return the tree with every answer of level 3, or of a question unknown to the form, replaced by its mark.

        ``tag(kind, answer)`` gives the cut tag of an answer, kind ``contact`` or ``document``.
        """
        return _open(tree, self._root, tag)


def _open(nodes: Tree, branch: _Branch, tag: Callable[[str, str], int | None]) -> Tree:
    made = []
    for node in nodes:
        value = node.value
        if isinstance(value, str):
            leaf = branch.leaves.get(node.name)
            if leaf is None or leaf.level >= SEALED:
                sealed = Sealed(tag(leaf.tag, value)) if leaf is not None and leaf.tag else Sealed()
                node = Node(node.name, sealed)  # noqa: PLW2901 - the node with its answer taken out
        elif isinstance(value, tuple):
            node = Node(node.name, _open(value, branch.branches.get(node.name, _UNKNOWN), tag))  # noqa: PLW2901
        made.append(node)
    return tuple(made)


class _Reader:
    """One reading: walks the tree once, then says what it found."""

    __slots__ = ("extras", "keys", "records", "remarks", "root", "root_id", "stamps")

    def __init__(self, root: _Branch, root_id: str) -> None:
        self.root = root
        self.root_id = root_id
        self.records: list[Record] = []
        self.extras: list[Extra] = []
        self.remarks: list[Remark] = []
        self.stamps: dict[str, Value] = {}
        self.keys: set[tuple[str, str]] = set()

    def read(self, tree: Tree) -> Reading:
        frame = _Frame(self.root, 0)
        self._walk(tree, self.root, frame, "")
        self._emit(frame, "", "")
        return Reading(tuple(self.records), tuple(self.extras), tuple(self.remarks), self.stamps)

    def _walk(self, nodes: Tree, branch: _Branch, frame: _Frame, at: str) -> None:
        numbers: dict[str, int] = {}
        for node in nodes:
            name, value = node.name, node.value
            if isinstance(value, tuple):
                inner = branch.branches.get(name, _UNKNOWN)
                if inner.repeat:
                    number = numbers[name] = numbers.get(name, 0) + 1
                    child = _Frame(inner, number)
                    frame.children.append(child)
                    self._walk(value, inner, child, "")
                else:
                    self._walk(value, inner, frame, f"{at}{name}/")
                continue
            leaf = branch.leaves.get(name)
            if leaf is None:
                frame.extras.append((at + name, None, value))
                self.remarks.append(Remark("question_unknown", at + name))
            elif leaf.how == _FIELD:
                self._field(frame, leaf, value)
            elif leaf.how != _NOTHING:
                self._other(frame, leaf, value, at)

    def _field(self, frame: _Frame, leaf: _Leaf, value: Value) -> None:
        entity = leaf.entity
        fields = frame.fields.get(entity)
        if fields is None:
            fields = frame.fields[entity] = {}
        if leaf.field in fields:
            self.remarks.append(Remark("second_answer", "/".join(leaf.asked.path)))
            return
        fields[leaf.field] = value
        if leaf.counts:
            frame.counted.add(entity)
        if leaf.level >= SEALED:
            frame.sealed.setdefault(entity, []).append(leaf.field)

    def _other(self, frame: _Frame, leaf: _Leaf, value: Value, at: str) -> None:
        if leaf.how == _EXTRA:
            frame.extras.append((at + leaf.asked.path[-1], leaf, value))
        elif leaf.how == _STAMP:
            self.stamps.setdefault(leaf.field, value)
        elif leaf.how == _KEY:
            self._field(frame, leaf, value)
        else:
            kept = frame.picks if leaf.how == _PICK else frame.ranks
            if leaf.entity in kept:
                self.remarks.append(Remark("second_answer", "/".join(leaf.asked.path)))
            elif isinstance(value, str):
                kept[leaf.entity] = (
                    leaf.field,
                    [one for one in dict.fromkeys(value.split()) if len(one) <= LONGEST],
                )

    # --- saying what was found -----------------------------------------------------------------------------------

    def _emit(self, frame: _Frame, above: str, prefix: str) -> None:
        entity = frame.branch.entity
        key, by_position = self._key(frame, above)
        if frame.branch is not self.root:
            prefix = f"{prefix}{frame.branch.name}[{frame.number if by_position else key}]/"
        if entity is not None and (frame.counted or frame.picks):
            self._own(frame, entity, key, above, by_position)
        for name, fields in frame.fields.items():
            if name in KEYED:
                self._purposes(frame, name, fields, key)
            elif name in frame.picks:
                continue
            elif name != entity and name in frame.counted:
                sealed = tuple(frame.sealed.get(name, ()))
                self.records.append(Record(name, key, key if entity else "", fields, sealed, by_position))
        for name in frame.picks:
            self._choices(frame, name, key, by_position)
        for path, leaf, value in frame.extras:
            self._extra(prefix + path, leaf, value)
        for child in frame.children:
            self._emit(child, key, prefix)

    def _key(self, frame: _Frame, above: str) -> tuple[str, bool]:
        """Return the key of a repetition and whether it is only its position."""
        if frame.branch is self.root:
            return self.root_id, False
        entity = frame.branch.entity
        own = frame.fields.get(entity or "", {})
        uid = own.get("uid")
        if isinstance(uid, str) and len(uid) <= LONGEST and "uid" not in frame.sealed.get(entity or "", ()):
            if (entity or "", uid) not in self.keys:
                self.keys.add((entity or "", uid))
                return uid, False
            self.remarks.append(Remark("uid_twice", frame.branch.name))
        elif entity is not None and (frame.counted or frame.picks):
            self.remarks.append(Remark("uid_missing", frame.branch.name))
        return f"{above}/{frame.branch.name}/{frame.number}", True

    def _own(self, frame: _Frame, entity: str, key: str, above: str, by_position: bool) -> None:
        sealed = tuple(frame.sealed.get(entity, ()))
        self.records.append(Record(entity, key, above, frame.fields.get(entity, {}), sealed, by_position))

    def _purposes(self, frame: _Frame, entity: str, fields: dict[str, Value], key: str) -> None:
        sealed = frame.sealed.get(entity, ())
        for name, value in fields.items():
            here = (name,) if name in sealed else ()
            self.records.append(Record(entity, f"{key}:{name}", key, {name: value}, here))

    def _choices(self, frame: _Frame, entity: str, key: str, by_position: bool) -> None:
        field, choices = frame.picks[entity]
        shared = frame.fields.get(entity, {})
        sealed = tuple(frame.sealed.get(entity, ()))
        rank, ranking = frame.ranks.get(entity, ("", []))
        for choice in choices:
            fields: dict[str, Value] = {field: choice, **shared}
            if choice in ranking:
                fields[rank] = str(ranking.index(choice) + 1)
            self.records.append(Record(entity, f"{key}:{choice}", key, fields, sealed, by_position))

    def _extra(self, path: str, leaf: _Leaf | None, value: Value) -> None:
        if leaf is None:
            self.extras.append(Extra(path, "", "", value, SEALED))
        else:
            self.extras.append(Extra(path, leaf.asked.fr, leaf.asked.en, value, leaf.level))
