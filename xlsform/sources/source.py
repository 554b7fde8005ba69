"""From the YAML source of a form to the form. Writing YAML is `emit`'s task; nothing else reads sources.

A source has the keys ``languages``, ``settings``, ``lists``, ``survey`` and ``choices``. An item ``use: name`` of the
survey stands for the rows of the block ``src/blocks/name.yaml``; after blocks are laid in, item n is row n+1 of the
sheet; ``set`` beside it lays other cells over rows of that block. ``lists`` names shared lists of ``lists/*.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from xlsform import columns, pack
from xlsform.errors import N_, FormError
from xlsform.model import Choice, Form, Place, Row
from xlsform.sources.plain_yaml import (
    A_TEXT,
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    SequenceNode,
    ShapeWrong,
    SourceUnreadable,
    decode,
    mapping,
    only,
    parse,
    scalar,
    sequence,
    texts_of,
)

T = TypeVar("T")

TOP_KEYS = ("languages", "settings", "lists", "survey", "choices")
BLOCK_KEYS = ("lists", "survey", "choices")


LanguageUnknown: Final = FormError.declare(
    "DK-F15",
    "{where}: {column} must be given by language ({languages}). Found: {found}. Write one text for each language, "
    "or add the language to languages.",
)
ListTwice: Final = FormError.declare(
    "DK-F16",
    "{where}: the list {name} is given twice. Keep one of the two.",
)
BlockNested: Final = FormError.declare(
    "DK-F17",
    "{where}: a block cannot use another block. Name both in the form.",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a source or a block brings: rows, lists of its own, shared lists with the columns to keep."""

    rows: tuple[Row, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    lists: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, Mark]


def load(path: Path, root: Path | None = None) -> Form:
    """Read a form's source. ``root`` is the forms folder that holds its blocks and lists.

    Raises:
        FormError: the file cannot be read, or holds what a source must not hold; with file and line.
    """
    return read(_bytes(path), file=pack.shown(path), root=root)


def read(raw: bytes, *, file: str, root: Path | None = None) -> Form:
    """Read a form from the bytes of its source; ``file`` is its name in messages.

    Raises:
        FormError: as `load`.
    """
    top = mapping(parse(decode(raw, file), file), "form")
    only(top, TOP_KEYS)
    languages = texts_of(top, "languages")
    settings = {key: text for key, text in texts_of(top, "settings").items() if text}
    if settings.get("default_language") == next(iter(languages.values()), None):
        settings.pop("default_language", None)
    piece = _piece(top, tuple(languages), root, nested=False)
    return Form(
        languages=languages,
        settings=settings,
        survey=_numbered(piece.rows),
        choices=_numbered_choices({**_shared(piece, tuple(languages), root), **piece.choices}),
        file=file,
        shared={sheet_name(name): name for name in piece.lists},
        places=_setting_places(top),
    )


def load_block(name: str, languages: Sequence[str], root: Path | None = None, *, where: str = "") -> Piece:
    """Read a shared block of rows.

    Raises:
        BlockUnknown: it is not there.
        FormError: it holds what a block must not hold.
    """
    path = pack.block(name, root, where=where)
    file = pack.shown(path)
    node = parse(decode(_bytes(path), file), file)
    if isinstance(node, SequenceNode):
        node = MappingNode({"survey": node}, node.mark, {"survey": node.mark})
    top = mapping(node, name)
    only(top, BLOCK_KEYS)
    return _piece(top, tuple(languages), root, nested=True)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(file=pack.shown(path), why=N_("the file cannot be opened")) from error


# --- pieces -------------------------------------------------------------------------------------------------------


def _piece(top: MappingNode, languages: tuple[str, ...], root: Path | None, *, nested: bool) -> Piece:
    own = Piece(rows=(), choices=_own_choices(top, languages), lists=_lists(top), marks=_list_marks(top))
    rows: list[Row] = []
    for item in sequence(top.entries.get("survey", SequenceNode((), top.mark)), "survey").items:
        entry = mapping(item, "survey")
        if "use" not in entry.entries:
            rows.append(_row(entry, languages))
            continue
        if nested:
            raise BlockNested(where=str(entry.mark))
        only(entry, ("use", "set"))
        brought = load_block(
            scalar(entry.entries["use"], "use").value, languages, root, where=str(entry.mark)
        )
        rows += _changed(brought.rows, entry, languages)
        own = _joined(own, brought)
    if twice := [name for name in own.lists if sheet_name(name) in own.choices]:
        raise ListTwice(where=str(own.marks.get(twice[0], top.mark)), name=twice[0])
    return replace(own, rows=tuple(rows))


def _joined(own: Piece, brought: Piece) -> Piece:
    """Lay a block's lists beside the form's; a shared list may be named by both."""
    if twice := sorted(own.choices.keys() & brought.choices.keys()):
        raise ListTwice(where=str(brought.marks[twice[0]]), name=twice[0])
    lists = dict(own.lists)
    for name, keep in brought.lists.items():
        lists[name] = tuple(dict.fromkeys((*lists.get(name, ()), *keep)))
    return Piece(own.rows, {**own.choices, **brought.choices}, lists, {**brought.marks, **own.marks})


def _row(entry: MappingNode, languages: tuple[str, ...]) -> Row:
    cells, texts = _cells(entry, languages)
    if not cells.get("type"):
        raise ShapeWrong(where=str(entry.mark), key="type", expected=A_TEXT)
    return Row(
        type=columns.canonical_type(cells.pop("type")),
        name=cells.pop("name", ""),
        cells=_filled(cells),
        texts=_filled(texts),
        place=Place(file=entry.mark.file, line=entry.mark.line),
    )


def _cells(
    entry: MappingNode, languages: tuple[str, ...]
) -> tuple[dict[str, str], dict[str, Mapping[str, str]]]:
    """Return the plain and the translated columns of a row."""
    cells: dict[str, str] = {}
    texts: dict[str, Mapping[str, str]] = {}
    for column, node in entry.entries.items():
        if column in columns.TRANSLATED:
            texts[column] = _translated(column, node, languages)
        else:
            cells[column] = scalar(node, column).value
    return cells, texts


def _changed(rows: tuple[Row, ...], entry: MappingNode, languages: tuple[str, ...]) -> list[Row]:
    """Lay ``set`` over the rows of a block: row name -> columns; an empty text empties the cell."""
    changes = mapping(entry.entries.get("set", MappingNode({}, entry.mark, {})), "set")
    only(changes, [row.name for row in rows if row.name])
    made = []
    for row in rows:
        if row.name and row.name in changes.entries:
            change = mapping(changes.entries[row.name], row.name)
            cells, texts = _cells(change, languages)
            kind = columns.canonical_type(cells.pop("type", row.type))
            name = cells.pop("name", row.name)
            merged = _filled({**row.cells, **cells}), _filled({**row.texts, **texts})
            made.append(Row(kind, name, *merged, place=Place(file=change.mark.file, line=change.mark.line)))
        else:
            made.append(row)
    return made


def _own_choices(top: MappingNode, languages: tuple[str, ...]) -> dict[str, tuple[Choice, ...]]:
    lists = mapping(top.entries.get("choices", MappingNode({}, top.mark, {})), "choices")
    return {
        name: tuple(_choice(mapping(item, name), languages) for item in sequence(node, name).items)
        for name, node in lists.entries.items()
    }


def _choice(entry: MappingNode, languages: tuple[str, ...]) -> Choice:
    row = _row(replace(entry, entries={"type": ScalarNode("choice", entry.mark), **entry.entries}), languages)
    return Choice(name=row.name, texts=row.texts, cells=row.cells, place=row.place)


def _translated(column: str, node: Node, languages: tuple[str, ...]) -> dict[str, str]:
    """Read ``{fr: …, en: …}``; one bare text when the form has no languages; a bare media file counts for all."""
    if isinstance(node, ScalarNode):
        if not node.value:
            return {}
        if languages and column not in columns.MEDIA:
            raise _no_language(column, node.mark, languages, "-")
        return dict.fromkeys(languages or ("",), node.value)
    entries = mapping(node, column)
    for code, mark in entries.keys.items():
        if code and code not in languages:
            raise _no_language(column, mark, languages, code)
    return {
        code: text for code, value in entries.entries.items() if (text := scalar(value, code or column).value)
    }


def _no_language(column: str, mark: Mark, languages: tuple[str, ...], found: str) -> FormError:
    return LanguageUnknown(where=str(mark), column=column, languages=", ".join(languages) or "-", found=found)


# --- shared lists -------------------------------------------------------------------------------------------------


def _lists(top: MappingNode) -> dict[str, tuple[str, ...]]:
    """Read ``lists``: names, or ``{name: [columns to keep]}``."""
    lists: dict[str, tuple[str, ...]] = {}
    for item in sequence(top.entries.get("lists", SequenceNode((), top.mark)), "lists").items:
        for name, keep in _list_item(item):
            if name in lists:
                raise ListTwice(where=str(item.mark), name=name)
            lists[name] = keep
    return lists


def _list_item(item: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(item, MappingNode):
        yield scalar(item, "lists").value, ()
        return
    for name, node in item.entries.items():
        yield name, tuple(scalar(column, name).value for column in sequence(node, name).items)


def _list_marks(top: MappingNode) -> dict[str, Mark]:
    choices = top.entries.get("choices")
    marks = dict(choices.keys) if isinstance(choices, MappingNode) else {}
    for item in sequence(top.entries.get("lists", SequenceNode((), top.mark)), "lists").items:
        marks.update({name: item.mark for name, _ in _list_item(item)})
    return marks


def _shared(piece: Piece, languages: tuple[str, ...], root: Path | None) -> dict[str, tuple[Choice, ...]]:
    made: dict[str, tuple[Choice, ...]] = {}
    for name, keep in piece.lists.items():
        where = str(piece.marks[name])
        if sheet_name(name) in made:
            raise ListTwice(where=where, name=sheet_name(name))
        made[sheet_name(name)] = pack.shared_choices(name, languages, keep=keep, root=root, where=where)
    return made


def sheet_name(name: str) -> str:
    """Return the name of a shared list in the form: ``region`` for ``cm_admin:region``."""
    return name.rpartition(":")[2]


# --- places -------------------------------------------------------------------------------------------------------


def _numbered(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(
        replace(row, place=replace(row.place, sheet=columns.SURVEY, row=number))
        for number, row in enumerate(rows, start=2)
    )


def _numbered_choices(lists: Mapping[str, tuple[Choice, ...]]) -> dict[str, tuple[Choice, ...]]:
    made, number = {}, 2
    for name, choices in lists.items():
        made[name] = tuple(
            replace(choice, place=replace(choice.place, sheet=columns.CHOICES, row=number + index))
            for index, choice in enumerate(choices)
        )
        number += len(choices)
    return made


def _setting_places(top: MappingNode) -> dict[str, Place]:
    node = top.entries.get("settings")
    marks = node.keys if isinstance(node, MappingNode) else {}
    return {
        key: Place(file=mark.file, line=mark.line, sheet=columns.SETTINGS, row=2)
        for key, mark in marks.items()
    }


def _filled(cells: Mapping[str, T]) -> dict[str, T]:
    return {column: value for column, value in cells.items() if value}
