"""Parting one person from a form that speaks of others, too: which answers are hers alone, which are nobody's alone. Pure.

Works on the open tree, in which a sealed answer is only a mark, and so never sees one. Places in the tree are numbers of
nodes from the root on; the tree of the exact bytes has the same nodes at the same places.

Hers is: her own row with all that stands under it; an act that only she suffered; and, where she is the person interviewed,
what she needs, what threatens her, how she is reached. Of a form in which nobody but her stands everything is hers. What
`Keeps.always` names stays, so that the rows of the others keep their places and their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.errors import Declined, UnknownCode
from sync_scripts.register.forms.answers import REDACTED, SEALED, Node, Sealed, Tree
from sync_scripts.register.forms.formmap import Asked, FormMap, Held
from sync_scripts.register.forms.record_reader import LONGEST, Reader
from sync_scripts.register.forms.row_output import LETTERS

SharedTexts: Final = Declined.declare(
    "DK-R67",
    "These texts and recordings of the case {case} are nobody's alone and may speak of {person}, too: {texts}. No program can "
    "part them. Nothing was changed. Look at them (dikalo vault open {case} --reason TEXT), then say which are to be emptied as well: "
    "--also FIELD for each, or --keep-shared-texts.",
)
TextNotShared: Final = UnknownCode.declare(
    "DK-R68",
    "{field} is not among the texts that people share there. Nothing was changed. Possible: {possible}.",
)
CameMeanwhile: Final = Declined.declare(
    "DK-R69",
    "Something came or was decided in the case {case} while its forms were opened. Nothing was changed. Run the command again.",
)


Place = tuple[int, ...]
"""Where a node stands: its number among its siblings, those of the nodes around it before."""

MEDIA: Final = frozenset({"image", "audio", "video", "file", "background-audio"})
_OF_TALK: Final = frozenset({"need", "assessment"})
"""Entities that speak of the person interviewed alone."""
_STAY: Final = frozenset({"assessment", "incident"})
"""Entities whose row stays without an answer: that there was one counts for the others, and for their evidence."""
_FOR_ALL: Final = frozenset({"withhold_from"})
"""Answers of a talk above level 1 on which it rests what others agreed to."""
_TEXT_FROM: Final = 2
"""Free text from this level on may speak of anybody."""


@dataclass(frozen=True, slots=True)
class Parting:
    """What is taken out of one version.

    Attributes:
        here: the person stands in it.
        alone: nobody but her does.
        edits: what stands instead of an answer, by place; None for nothing.
        marks: places of the repetitions and groups that are emptied and stay as rows.
        media: answers taken out that may name a file: where they stand, and the path of their question.
        rows: keys of the rows that are emptied.
        fields: what is emptied outside of those rows, as ``entity.field`` or as the path of the question.
        shared: texts, recordings and pictures that are nobody's alone and are answered, named so; in the order of the form.
    """

    here: bool
    alone: bool
    edits: Mapping[Place, str | None]
    marks: tuple[Place, ...]
    media: tuple[tuple[Place, str], ...]
    rows: tuple[str, ...]
    fields: tuple[str, ...]
    shared: tuple[str, ...]


def part(
    tree: Tree, form_map: FormMap, root_id: str, uid: str, *, always: frozenset[str], also: frozenset[str]
) -> Parting:
    """Return what is taken out of one version for a person.

    Args:
        tree: its answers, sealed ones as marks.
        form_map: of the version that it was filled with.
        root_id: key of the rows at the root.
        uid: of the person.
        always: ``entity.field`` of what stays.
        also: names of shared texts that are emptied, too.
    """
    return _Parting(tree, form_map, root_id, uid).run(always, also)


def without(tree: Tree, parting: Parting) -> Tree:
    """Return the open tree without what is taken out."""
    return tuple(_left(tree, (), parting))


def _left(nodes: Tree, at: Place, parting: Parting) -> Iterator[Node]:
    for number, node in enumerate(nodes):
        here = (*at, number)
        if here in parting.edits:
            text = parting.edits[here]
            if text:
                yield Node(node.name, text)
        elif isinstance(node.value, tuple):
            inside = tuple(_left(node.value, here, parting))
            if here in parting.marks:
                inside = (*inside, Node(REDACTED, Sealed()))
            if inside:
                yield Node(node.name, inside)
        else:
            yield node


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One answer: where it stands, under which path, what was asked, and what stands there."""

    at: Place
    path: tuple[str, ...]
    asked: Asked | None
    value: str | Sealed

    @property
    def entity(self) -> str:
        return (self.asked.entity if self.asked else None) or ""

    @property
    def field(self) -> str:
        return (self.asked.field if self.asked else None) or ""

    @property
    def name(self) -> str:
        """How it is called on the command line and in the event."""
        return f"{self.entity}.{self.field}" if self.field else "/".join(self.path)

    @property
    def speaks(self) -> bool:
        """Tell whether it may say anything of anybody: what is sealed, and free text; not what a phone says of itself."""
        if self.asked is None:
            return True
        if self.asked.sort == "metadata":
            return False
        free = self.asked.type == "text" and (self.asked.level >= _TEXT_FROM or not self.field)
        return free or self.asked.level >= SEALED


@dataclass(eq=False, slots=True)
class _Frame:
    """One repetition, or the root, with the answers in it and not in a repetition below."""

    at: Place
    held: Held | None
    number: int
    above: _Frame | None
    leaves: list[_Leaf] = field(default_factory=list)
    key: str = ""

    @property
    def entity(self) -> str:
        return (self.held.entity if self.held else None) or ""

    def around(self) -> Iterator[_Frame]:
        """Yield it and those around it, the root last."""
        one: _Frame | None = self
        while one is not None:
            yield one
            one = one.above

    def said(self, entity: str, name: str) -> str | None:
        """Return the first open answer to a field."""
        for leaf in self.leaves:
            if (leaf.entity, leaf.field) == (entity, name):
                return leaf.value if isinstance(leaf.value, str) else None
        return None


class _Parting:
    """One version being looked at."""

    def __init__(self, tree: Tree, form_map: FormMap, root_id: str, uid: str) -> None:
        self.uid = uid
        self.root_id = root_id
        self.asked = {one.path: one for one in form_map.questions}
        self.groups = {one.path: one for one in form_map.groups}
        self.frames: list[_Frame] = []
        self.staying: list[tuple[Place, _Frame]] = []
        self.marked: set[Place] = set()
        self._walk(tree, (), (), self._frame((), None, 0, None))
        self._name_rows()
        people = [one for one in Reader(form_map).read(tree, root_id).records if one.entity == "person"]
        self.people = [one.key for one in people]
        self.codes: dict[str, list[str]] = {}
        for one in people:
            if isinstance(number := one.fields.get("number"), str):
                self.codes.setdefault(f"{LETTERS['person']}{number}", []).append(one.key)
        talk = any(leaf.entity == "interview" for leaf in self.frames[0].leaves)
        self.asked_of = self.people[0] if self.people else root_id if talk else ""
        self.alone = {*self.people, self.asked_of} - {""} == {uid}

    # --- reading the tree ----------------------------------------------------------------------------------------

    def _frame(self, at: Place, held: Held | None, number: int, above: _Frame | None) -> _Frame:
        made = _Frame(at, held, number, above)
        self.frames.append(made)
        return made

    def _walk(self, nodes: Tree, at: Place, path: tuple[str, ...], frame: _Frame) -> None:
        numbers: dict[str, int] = {}
        for place, node in enumerate(nodes):
            here, name = (*at, place), (*path, node.name)
            if isinstance(node.value, tuple):
                held, inner = self.groups.get(name), frame
                if held is not None and held.repeat:
                    numbers[node.name] = numbers.get(node.name, 0) + 1
                    inner = self._frame(here, held, numbers[node.name], frame)
                elif held is not None and held.entity in _STAY:
                    self.staying.append((here, frame))
                self._walk(node.value, here, name, inner)
            elif node.name == REDACTED and name not in self.asked:
                self.marked.add(at)
            else:
                frame.leaves.append(_Leaf(here, name, self.asked.get(name), node.value))

    def _name_rows(self) -> None:
        """Give each repetition its key, by the rule of `Reader`: its own uid, else its position."""
        taken: set[tuple[str, str]] = set()
        for frame in self.frames:
            if frame.above is None or frame.held is None:
                frame.key = self.root_id
                continue
            own = frame.said(frame.entity, "uid") if frame.entity else None
            if own is not None and len(own) <= LONGEST and (frame.entity, own) not in taken:
                taken.add((frame.entity, own))
                frame.key = own
            else:
                frame.key = f"{frame.above.key}/{frame.held.path[-1]}/{frame.number}"

    # --- whose an answer is --------------------------------------------------------------------------------------

    def _hers(self, leaf: _Leaf, frame: _Frame) -> bool | None:
        """Tell whether an answer is hers alone (True), others' without her (False), or nobody's alone (None)."""
        if self.alone:
            return True
        for one in frame.around():
            if one.entity == "person":
                return one.key == self.uid
            if one.entity == "act" and (victims := self._victims(one)):
                return True if victims == {self.uid} else None if self.uid in victims else False
        if leaf.entity == "person":
            return self.root_id == self.uid
        level = leaf.asked.level if leaf.asked is not None else SEALED
        of_talk = leaf.entity in _OF_TALK or (
            leaf.entity == "interview" and level > 1 and leaf.field not in _FOR_ALL
        )
        return self.asked_of == self.uid if of_talk else None

    def _victims(self, act: _Frame) -> set[str]:
        said = act.said("act_victim", "person_uid") or ""
        return {self._meant(code) for code in said.split()}

    def _meant(self, code: str) -> str:
        fits = self.codes.get(code, [])
        return fits[0] if len(fits) == 1 else code

    # --- what is taken out ---------------------------------------------------------------------------------------

    def run(self, always: frozenset[str], also: frozenset[str]) -> Parting:
        edits: dict[Place, str | None] = {}
        media: list[tuple[Place, str]] = []
        fields: set[str] = set()
        shared: dict[str, None] = {}
        for frame in self.frames:
            for leaf in frame.leaves:
                hers = self._hers(leaf, frame)
                if hers is None and leaf.speaks:
                    shared[leaf.name] = None
                if (hers and leaf.name not in always) or (hers is None and leaf.speaks and leaf.name in also):
                    edits[leaf.at] = None
                    if leaf.asked is None or leaf.asked.type in MEDIA:
                        media.append((leaf.at, "/".join(leaf.path)))
                    if not (hers and frame.above):
                        fields.add(leaf.name)
                elif hers is None and (left := self._others(leaf, frame)) is not None:
                    edits[leaf.at] = left or None
        rows = [one for one in self.frames if one.above is not None and self._emptied(one, edits)]
        return Parting(
            here=self.uid in {*self.people, self.asked_of},
            alone=self.alone,
            edits=edits,
            marks=tuple(sorted({*(one.at for one in rows), *self._bare(edits)} - self.marked)),
            media=tuple(media),
            rows=tuple(sorted(one.key for one in rows)),
            fields=tuple(sorted(fields)),
            shared=tuple(shared),
        )

    def _bare(self, edits: Iterable[Place]) -> Iterator[Place]:
        """Yield the groups that are emptied and stay as rows."""
        for at, frame in self.staying:
            inside = [leaf.at for leaf in frame.leaves if leaf.at[: len(at)] == at]
            if inside and all(place in edits for place in inside):
                yield at

    def _others(self, leaf: _Leaf, frame: _Frame) -> str | None:
        """Return whom else an act was done to, where she is named among them; None where she is not."""
        if (leaf.entity, leaf.field) != ("act_victim", "person_uid") or not isinstance(leaf.value, str):
            return None
        if frame.entity != "act" or self.uid not in self._victims(frame):
            return None
        return " ".join(one for one in leaf.value.split() if self._meant(one) != self.uid)

    def _emptied(self, frame: _Frame, edits: Iterable[Place]) -> bool:
        """Tell whether a repetition is a row of hers, and something is taken out of it."""
        hers = bool(frame.leaves) and all(self._hers(leaf, frame) for leaf in frame.leaves)
        return hers and any(leaf.at in edits for leaf in frame.leaves)
