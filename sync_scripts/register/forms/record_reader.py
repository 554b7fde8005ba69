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

from collections.abc import Iterator
from typing import Final

from sync_scripts.register.forms.answers import (
    REDACTED,
    SEALED,
    TAGGED,
    Extra,
    Node,
    Parted,
    Reading,
    Record,
    Remark,
    Sealed,
    Tag,
    Tree,
    Value,
)
from sync_scripts.register.forms.formmap import Asked, FormMap
from xlsform.columns import METADATA
from xlsform.pack import register_fields

LONGEST: Final = 64
"""Longest uid or choice that can be part of a key; what is longer was made by no form."""
PICKS: Final = {("need", "service"), ("act_victim", "person_uid"), ("involvement", "act_uid")}
"""Fields whose multiple choice makes one record a choice."""
RANKS: Final = {("need", "rank")}
"""Fields that give each record of a choice its position."""
KEYED: Final = {"consent"}
"""Entities keyed by the field's own name."""


def records(tree: Tree, form_map: FormMap, root_id: str) -> Iterator[Record]:
    """Yield the records of one tree. For many trees of one form version keep a `Reader`."""
    yield from Reader(form_map).read(tree, root_id).records


class _Leaf:
    """What to do with the answer to one question, decided once per form version."""

    __slots__ = ("asked", "counts", "entity", "field", "how", "level", "place", "sealed", "tag")

    def __init__(self, asked: Asked, known: frozenset[tuple[str, str]]) -> None:
        self.asked = asked
        self.level = asked.level
        self.sealed = asked.level >= SEALED
        self.place = "/".join(asked.path)
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
_MARK = Sealed()


class _Frame:
    """One repetition, or the root: what was answered under it, entity by entity.

    ``sealed`` and the last value of an extra are what stands behind a mark, where a full tree is taken apart.
    """

    __slots__ = ("branch", "children", "counted", "extras", "fields", "number", "picks", "ranks", "sealed")

    def __init__(self, branch: _Branch, number: int) -> None:
        self.branch = branch
        self.number = number
        self.fields: dict[str, dict[str, Value]] = {}
        self.sealed: dict[str, dict[str, Value]] = {}
        self.counted: set[str] = set()
        self.picks: dict[str, tuple[str, list[str]]] = {}
        self.ranks: dict[str, tuple[str, list[str]]] = {}
        self.extras: list[tuple[str, _Leaf | None, Value, Value]] = []
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
        leaves = [_Leaf(asked, known) for asked in form_map.questions]
        for leaf in leaves:
            self._branch(leaf.asked.path[:-1]).leaves[leaf.asked.path[-1]] = leaf
        for leaf in leaves:
            if leaf.asked.type in METADATA:  # KoboToolbox moves what the phone notes out of its group
                self._root.leaves.setdefault(leaf.asked.path[-1], leaf)

    def _branch(self, path: tuple[str, ...]) -> _Branch:
        branch = self._root
        for name in path:
            branch = branch.branches[name]
        return branch

    def read(self, tree: Tree, root_id: str) -> Reading:
        """Return what a tree says; ``root_id`` is the key of the records at the root."""
        return _Reader(self._root, root_id).take(tree).reading

    def part(self, tree: Tree, root_id: str, tag: Tag) -> Parted:
        """Take a full tree apart; ``tag`` gives the cut tag of an answer that leaves one behind."""
        return _Reader(self._root, root_id, tag).take(tree)

    def open_tree(self, tree: Tree, tag: Tag) -> Tree:
        """Return the tree with every answer of level 3, or of a question unknown to the form, replaced by its mark."""
        return self.part(tree, "", tag).tree


class _Reader:
    """One reading: walks the tree once, then says what it found. Takes sealed answers out when it is given a ``tag``."""

    __slots__ = (
        "extras",
        "hidden",
        "hidden_extras",
        "keys",
        "records",
        "remarks",
        "root",
        "root_id",
        "stamps",
        "tag",
    )

    def __init__(self, root: _Branch, root_id: str, tag: Tag | None = None) -> None:
        self.root = root
        self.root_id = root_id
        self.tag = tag
        self.records: list[Record] = []
        self.extras: list[Extra] = []
        self.hidden: list[tuple[Record, dict[str, Value]]] = []
        self.hidden_extras: list[tuple[Extra, Value]] = []
        self.remarks: list[Remark] = []
        self.stamps: dict[str, Value] = {}
        self.keys: set[tuple[str, str]] = set()

    def take(self, tree: Tree) -> Parted:
        frame = _Frame(self.root, 0)
        opened = self._walk(tree, self.root, frame, "")
        self._emit(frame, "", "")
        reading = Reading(tuple(self.records), tuple(self.extras), tuple(self.remarks), self.stamps)
        return Parted(reading, opened, tuple(self.hidden), tuple(self.hidden_extras))

    def _walk(  # noqa: C901 - one loop, without a call for the answers that are most
        self, nodes: Tree, branch: _Branch, frame: _Frame, at: str
    ) -> Tree:
        """Put every answer where it belongs; return the nodes, the same ones if no sealed answer was among them.

        The hottest loop of building: an answer that goes to a field is put there without another call.
        """
        find, fields, tag = branch.leaves.get, frame.fields, self.tag
        opened: list[Node] | None = None
        numbers: dict[str, int] = {}
        entity, mine, counted = "", {}, False  # of the field before, mostly the entity of the next one too
        for place, node in enumerate(nodes):
            name, value = node.name, node.value
            if isinstance(value, tuple):
                inner = branch.branches.get(name, _UNKNOWN)
                if inner.repeat:
                    number = numbers[name] = numbers.get(name, 0) + 1
                    child = _Frame(inner, number)
                    frame.children.append(child)
                    inside = self._walk(value, inner, child, "")
                else:
                    inside = self._walk(value, inner, frame, f"{at}{name}/")
                if inside is not value:
                    opened = opened or list(nodes)
                    opened[place] = Node(name, inside)
                continue
            said, leaf = value, find(name)
            if tag is not None and (leaf is None or leaf.sealed) and isinstance(said, str):
                value = Sealed(tag(leaf.tag, said)) if leaf is not None and leaf.tag else _MARK
                opened = opened or list(nodes)
                opened[place] = Node(name, value)
            if leaf is None and name == REDACTED:
                self._stays(frame, branch.entity or "")
                continue
            if leaf is None or leaf.how != _FIELD:
                self._other(frame, leaf, value, said, at + name)
                continue
            if leaf.entity != entity:
                entity, mine, counted = leaf.entity, fields.setdefault(leaf.entity, {}), False
            if leaf.field in mine:
                self.remarks.append(Remark("second_answer", leaf.place))
                continue
            mine[leaf.field] = value
            if leaf.counts and not counted:
                frame.counted.add(entity)
                counted = True
            if leaf.sealed:
                frame.sealed.setdefault(entity, {})[leaf.field] = said
        return nodes if opened is None else tuple(opened)

    def _other(self, frame: _Frame, leaf: _Leaf | None, value: Value, said: Value, place: str) -> None:
        if leaf is None:
            frame.extras.append((place, None, value, said))
            self.remarks.append(Remark("question_unknown", place))
        elif leaf.how == _EXTRA:
            frame.extras.append((place, leaf, value, said))
        elif leaf.how == _STAMP:
            self.stamps.setdefault(leaf.field, value)
        elif leaf.how == _KEY:
            self._keyed(frame, leaf, value, said)
        elif leaf.how != _NOTHING:
            kept = frame.picks if leaf.how == _PICK else frame.ranks
            if leaf.entity in kept:
                self.remarks.append(Remark("second_answer", leaf.place))
            elif isinstance(value, str):
                choices = [one for one in dict.fromkeys(value.split()) if len(one) <= LONGEST]
                kept[leaf.entity] = (leaf.field, choices)

    def _stays(self, frame: _Frame, entity: str) -> None:
        """Let a record be made although its answers were taken out, so that no other one takes its place."""
        if not entity:
            return
        frame.fields.setdefault(entity, {})
        frame.counted.add(entity)

    def _keyed(self, frame: _Frame, leaf: _Leaf, value: Value, said: Value) -> None:
        mine = frame.fields.setdefault(leaf.entity, {})
        if leaf.field in mine:
            self.remarks.append(Remark("second_answer", leaf.place))
            return
        mine[leaf.field] = value
        if leaf.counts:
            frame.counted.add(leaf.entity)
        if leaf.sealed:
            frame.sealed.setdefault(leaf.entity, {})[leaf.field] = said

    # --- saying what was found -----------------------------------------------------------------------------------

    def _emit(self, frame: _Frame, above: str, prefix: str) -> None:
        entity = frame.branch.entity
        key, by_position = self._key(frame, above)
        if frame.branch is not self.root:
            prefix = f"{prefix}{frame.branch.name}[{frame.number if by_position else key}]/"
        if entity is not None and (frame.counted or frame.picks):
            fields = frame.fields.get(entity, {})
            self._record(entity, key, above, fields, sealed=frame.sealed.get(entity), by_position=by_position)
        for name, fields in frame.fields.items():
            if name in KEYED:
                self._purposes(frame, name, fields, key)
            elif name in frame.picks:
                continue
            elif name != entity and name in frame.counted:
                parent = key if entity else ""
                self._record(
                    name, key, parent, fields, sealed=frame.sealed.get(name), by_position=by_position
                )
        for name in frame.picks:
            self._choices(frame, name, key, by_position)
        for path, leaf, value, said in frame.extras:
            self._extra(prefix + path, leaf, value, said)
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

    def _record(
        self,
        entity: str,
        key: str,
        parent: str,
        fields: dict[str, Value],
        *,
        sealed: dict[str, Value] | None,
        by_position: bool = False,
    ) -> None:
        made = Record(entity, key, parent, fields, tuple(sealed) if sealed else (), by_position)
        self.records.append(made)
        if sealed and self.tag is not None:
            self.hidden.append((made, sealed))

    def _purposes(self, frame: _Frame, entity: str, fields: dict[str, Value], key: str) -> None:
        sealed = frame.sealed.get(entity, {})
        for name, value in fields.items():
            here = {name: sealed[name]} if name in sealed else None
            self._record(entity, f"{key}:{name}", key, {name: value}, sealed=here)

    def _choices(self, frame: _Frame, entity: str, key: str, by_position: bool) -> None:
        field, choices = frame.picks[entity]
        shared = frame.fields.get(entity, {})
        sealed = frame.sealed.get(entity)
        rank, ranking = frame.ranks.get(entity, ("", []))
        for choice in choices:
            fields: dict[str, Value] = {field: choice, **shared}
            if choice in ranking:
                fields[rank] = str(ranking.index(choice) + 1)
            self._record(entity, f"{key}:{choice}", key, fields, sealed=sealed, by_position=by_position)

    def _extra(self, path: str, leaf: _Leaf | None, value: Value, said: Value) -> None:
        if leaf is None:
            made = Extra(path, "", "", value, SEALED)
        else:
            made = Extra(path, leaf.asked.fr, leaf.asked.en, value, leaf.level)
        self.extras.append(made)
        if made.level >= SEALED and self.tag is not None:
            self.hidden_extras.append((made, said))
