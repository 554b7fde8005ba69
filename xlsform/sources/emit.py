"""From a form to its YAML source: fixed order of keys, one way to write each thing. Reads sources only to keep comments.

Shared lists are named again instead of written out, and so are the rows of a shared block where they stand together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsform import columns, pack
from xlsform.errors import FormError
from xlsform.model import Choice, Form, Kind, Row
from xlsform.sources import source
from xlsform.sources.plain_yaml import MappingNode, Node, ScalarNode, SequenceNode, entry, parse, scalar_text
from xlsform.sources.source import Piece

Cell = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a source, and the comments of the old one that found no place: (line or None, comment)."""

    text: str
    lost: tuple[tuple[int | None, str], ...]


def write(form: Form, *, old: str = "", root: Path | None = None) -> Written:
    """Return the source of a form.

    ``old`` is the text of the source that it replaces: its head comment and the comments directly above what stays
    are kept. ``root`` is the forms folder whose shared lists and blocks may be named; None writes everything out.

    Raises:
        FormError: ``old`` is not a source.
    """
    comments = comments_of(old, "") if old.strip() else Comments()
    writer = _Writer(comments)
    if comments.head:
        writer.lines += [*comments.head, ""]
    writer.mapping("languages", form.languages)
    writer.mapping("settings", {name: form.settings[name] for name in _setting_order(form)})
    blocks = _blocks(form, root)
    items = list(_items(form, {name: piece.rows for name, piece in blocks.items()}))
    shared = _shared(form, root)
    writer.shared_lists(_without_brought(shared, [blocks[item.block] for item in items if item.block]))
    writer.survey(items)
    writer.choices({name: choices for name, choices in form.choices.items() if name not in shared})
    return Written("\n".join(writer.lines).rstrip("\n") + "\n", comments.lost(writer.kept))


def _setting_order(form: Form) -> list[str]:
    known = columns.SETTINGS_COLUMNS
    return [name for name in known if name in form.settings] + sorted(form.settings.keys() - set(known))


# --- what can be named instead of written out ---------------------------------------------------------------------


def _shared(form: Form, root: Path | None) -> dict[str, tuple[str, ...]]:
    """Return the lists that equal a shared one: name -> columns to keep."""
    if root is None:
        return {}
    found = {}
    for name, choices in form.choices.items():
        keep = tuple(dict.fromkeys(column for choice in choices for column in choice.cells))
        if _is_shared(name, choices, form, keep, root=root):
            found[name] = keep
    return found


def _is_shared(name: str, choices: Sequence[Choice], form: Form, keep: Sequence[str], *, root: Path) -> bool:
    try:
        return pack.shared_choices(name, tuple(form.languages), keep=keep, root=root) == choices
    except FormError:
        return False


def _without_brought(
    shared: Mapping[str, tuple[str, ...]], used: Sequence[Piece]
) -> dict[str, tuple[str, ...]]:
    """Leave out the lists that the blocks bring, when they come last, as reading lays them."""
    brought = list(dict.fromkeys(source.sheet_name(name) for piece in used for name in piece.lists))
    names = list(shared)
    if brought and names[-len(brought) :] == brought:
        names = names[: -len(brought)]
    return {name: shared[name] for name in names}


def _blocks(form: Form, root: Path | None) -> dict[str, Piece]:
    """Return the shared blocks without choices of their own, the longest first."""
    if root is None:
        return {}
    found = {}
    for path in sorted((root / "src" / "blocks").glob("*.yaml")):
        try:
            piece = source.load_block(path.stem, tuple(form.languages), root)
        except FormError:
            continue
        if piece.rows and not piece.choices:
            found[path.stem] = piece
    return dict(sorted(found.items(), key=lambda item: -len(item[1].rows)))


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of the survey: a row, or a block with the cells that differ from it."""

    key: str
    cells: Mapping[str, Cell]
    changes: Mapping[str, Mapping[str, Cell]]
    opens: bool = False
    block: str = ""


def _items(form: Form, blocks: Mapping[str, tuple[Row, ...]]) -> Iterator[_Item]:
    rows = list(form.paths())
    skip = 0
    for index, (path, row) in enumerate(rows):
        if skip:
            skip -= 1
            continue
        name = next((name for name, block in blocks.items() if _stands_at(block, form.survey, index)), None)
        if name is not None:
            brought = blocks[name]
            changes = {
                was.name: _difference(was, now)
                for was, now in zip(brought, form.survey[index:], strict=False)
                if was != now
            }
            skip = len(brought) - 1
            yield _Item(f"survey/use:{name}", {"use": name}, changes, block=name)
        else:
            key = f"survey/{'end:' if row.kind is Kind.END else ''}{'/'.join(path)}"
            yield _Item(key, _cells(row), {}, opens=len(path) == 1 and row.base in columns.BEGIN)


def _stands_at(block: Sequence[Row], survey: Sequence[Row], index: int) -> bool:
    there = survey[index : index + len(block)]
    if [(row.type, row.name) for row in block] != [(row.type, row.name) for row in there]:
        return False
    differences = [(was, _difference(was, now)) for was, now in zip(block, there, strict=True)]
    can_be_said = all(was.name or not cells for was, cells in differences)
    changed = sum(len(cells) for _, cells in differences)
    return can_be_said and changed <= len(block)  # with more changes it is another block


def _difference(was: Row, now: Row) -> dict[str, Cell]:
    before, after = _cells(was), _cells(now)
    columns_ = dict.fromkeys((*before, *after))
    return {column: after.get(column, "") for column in columns_ if before.get(column) != after.get(column)}


def _cells(row: Row) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"type": row.type, "name": row.name, **row.cells, **row.texts}
    known = columns.SURVEY_COLUMNS
    names = [name for name in known if cells.get(name)] + sorted(cells.keys() - set(known))
    return {name: _flat(cells[name]) for name in names}


def _flat(cell: Cell) -> Cell:
    """Write a text without a language as a bare text."""
    return cell[""] if not isinstance(cell, str) and list(cell) == [""] else cell


# --- lines --------------------------------------------------------------------------------------------------------


class _Writer:
    """Collects lines, each key below the comment that belongs to it."""

    def __init__(self, comments: Comments) -> None:
        self.lines: list[str] = []
        self.kept: set[str] = set()
        self._above = comments.above or {}

    def mapping(self, key: str, values: Mapping[str, str]) -> None:
        if not values:
            return
        self._top(key)
        for name, text in values.items():
            self._comment(f"{key}/{name}", "  ")
            self.lines += entry(name, text, "  ")
        self.lines.append("")

    def shared_lists(self, lists: Mapping[str, tuple[str, ...]]) -> None:
        if not lists:
            return
        self._top("lists")
        for name, keep in lists.items():
            self._comment(f"lists/{name}", "  ")
            brought = (
                f": [{', '.join(scalar_text(column, in_flow=True) for column in keep)}]"
                if _asked(name, keep)
                else ""
            )
            self.lines.append(f"  - {scalar_text(name, in_flow=True)}{brought}")
        self.lines.append("")

    def survey(self, items: Sequence[_Item]) -> None:
        self._top("survey")
        for number, item in enumerate(items):
            if item.opens and number:
                self.lines.append("")
            self._comment(item.key, "  ")
            self._item(item.cells, "  ")
            if item.changes:
                self.lines.append("    set:")
            for name, cells in item.changes.items():
                self.lines.append(f"      {scalar_text(name, in_flow=True)}:")
                for column, cell in cells.items():
                    self.lines += entry(column, cell, "        ")
        self.lines.append("")

    def choices(self, lists: Mapping[str, tuple[Choice, ...]]) -> None:
        if not lists:
            return
        self._top("choices")
        for name, choices in lists.items():
            self._comment(f"choices/{name}", "  ")
            self.lines.append(f"  {scalar_text(name, in_flow=True)}:")
            for choice in choices:
                self._comment(f"choices/{name}/{choice.name}", "    ")
                self._item(_choice_cells(choice), "    ")

    def _item(self, cells: Mapping[str, Cell], indent: str) -> None:
        lines = [line for column, cell in cells.items() for line in entry(column, cell, f"{indent}  ")]
        self.lines += [f"{indent}- {lines[0][len(indent) + 2 :]}", *lines[1:]]

    def _top(self, key: str) -> None:
        self._comment(key, "")
        self.lines.append(f"{key}:")

    def _comment(self, key: str, indent: str) -> None:
        if key not in self.kept:
            self.kept.add(key)
            self.lines += [f"{indent}{line}" for line in self._above.get(key, ())]


def _asked(name: str, keep: tuple[str, ...]) -> bool:
    """Tell whether the source must name the columns; administrative units bring theirs."""
    return bool(keep) and name not in {"region", "department", "arrondissement"}


def _choice_cells(choice: Choice) -> dict[str, Cell]:
    order = [name for name in columns.CHOICE_COLUMNS if name in choice.texts]
    texts = {name: _flat(choice.texts[name]) for name in order}
    cells: dict[str, Cell] = {"name": choice.name, **texts, **dict(sorted(choice.cells.items()))}
    return {name: cell for name, cell in cells.items() if cell}


@dataclass(frozen=True, slots=True)
class Comments:
    """The head comment, the comments directly above something that has a key, and all the others.

    Keys: ``settings`` and the other top ones, ``settings/version``, ``lists/sex``, ``survey/story/photo``,
    ``survey/end:story``, ``survey/use:place``, ``choices/sex``, ``choices/sex/male``.
    """

    head: tuple[str, ...] = ()
    above: Mapping[str, tuple[str, ...]] | None = None
    loose: tuple[tuple[int, str], ...] = ()
    """Line and text of comments that belong to no key: after a text, or with an empty line below."""

    def lost(self, kept: set[str]) -> tuple[tuple[int | None, str], ...]:
        """Return what would be lost if only these keys were written."""
        gone = [
            (None, line) for key, lines in (self.above or {}).items() if key not in kept for line in lines
        ]
        return (*self.loose, *gone)


def comments_of(text: str, file: str) -> Comments:
    """Find the comments of a source.

    Raises:
        FormError: the text is not a source.
    """
    lines = text.split("\n")
    keys = {line: key for key, line in _keys(parse(text, file))}
    head_end = next((number for number, line in enumerate(lines, 1) if _is_content(line)), len(lines) + 1)
    above: dict[str, tuple[str, ...]] = {}
    head = _head(lines, head_end, keys)
    used = set(range(1, len(head) + 1))
    for number, key in keys.items():
        start = number
        while start - 1 > len(head) and lines[start - 2].lstrip().startswith("#"):
            start -= 1
        if start < number:
            above[key] = tuple(line.strip() for line in lines[start - 1 : number - 1])
            used.update(range(start, number))
    return Comments(tuple(head), above, tuple(_loose(lines, used)))


def _head(lines: list[str], end: int, keys: Mapping[int, str]) -> list[str]:
    """Return the first comment; without an empty line below it belongs to the file all the same."""
    block = lines[: end - 1]
    while block and not block[-1].strip():
        block.pop()
    return block if all(not line.strip() or line.startswith("#") for line in block) and keys else []


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


_AFTER_TEXT = re.compile(r"""^(?:[^'"#]|'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?<!\s)#|(?<=\w)')*(\s#.*)$""")


def _loose(lines: list[str], used: set[int]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if number in used:
            continue
        if line.lstrip().startswith("#"):
            yield number, line.strip()
        elif match := _AFTER_TEXT.match(line):
            yield number, match[1].strip()


# --- keys ---------------------------------------------------------------------------------------------------------


def _keys(top: Node) -> Iterator[tuple[str, int]]:
    """Yield each key with the line it stands on."""
    if not isinstance(top, MappingNode):
        return
    for key, node in top.entries.items():
        yield key, top.keys[key].line
        if key == "survey" and isinstance(node, SequenceNode):
            yield from _survey_keys(node)
        elif key == "choices" and isinstance(node, MappingNode):
            yield from _choice_keys(node)
        elif isinstance(node, MappingNode):
            yield from ((f"{key}/{name}", mark.line) for name, mark in node.keys.items())
        elif isinstance(node, SequenceNode):
            yield from ((f"{key}/{_name(item)}", item.mark.line) for item in node.items)


def _survey_keys(node: SequenceNode) -> Iterator[tuple[str, int]]:
    stack: list[str] = []
    for item in node.items:
        kind, name, used = _text(item, "type"), _text(item, "name"), _text(item, "use")
        path = "/".join([*stack, name])
        if used:
            yield f"survey/use:{used}", item.mark.line
        elif kind in columns.ENDS:
            yield f"survey/end:{'/'.join(stack)}", item.mark.line
            stack = stack[:-1]
        else:
            yield f"survey/{path}", item.mark.line
            if kind in columns.BEGIN:
                stack.append(name)


def _choice_keys(node: MappingNode) -> Iterator[tuple[str, int]]:
    for name, choices in node.entries.items():
        yield f"choices/{name}", node.keys[name].line
        if isinstance(choices, SequenceNode):
            yield from ((f"choices/{name}/{_text(item, 'name')}", item.mark.line) for item in choices.items)


def _text(item: Node, key: str) -> str:
    node = item.entries.get(key) if isinstance(item, MappingNode) else None
    return node.value if isinstance(node, ScalarNode) else ""


def _name(item: Node) -> str:
    if isinstance(item, ScalarNode):
        return item.value
    return next(iter(item.entries), "") if isinstance(item, MappingNode) else ""
