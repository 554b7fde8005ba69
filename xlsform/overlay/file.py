"""The file of an overlay: YAML in which every scalar is text, written in one fixed way, read with the line of each fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsform import columns
from xlsform.errors import N_
from xlsform.overlay.operations import Add, Drop, Move, Op, Overlay, Set
from xlsform.overlay.sheets import VALUE, Cells, Name, OverlayDamaged
from xlsform.sources.plain_yaml import (
    MappingNode,
    Node,
    ScalarNode,
    decode,
    entry,
    mapping,
    only,
    parse,
    scalar,
    sequence,
)

HEAD = ("base", "version", "edited", "org", "author", "why", "ops")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "set": ("op", "sheet", "key", "column", "was", "now"),
    "add": ("op", "sheet", "key", "after", "row"),
    "move": ("op", "sheet", "key", "after"),
    "drop": ("op", "sheet", "key", "was"),
}
_SHEETS: Mapping[str, Name] = {
    "languages": "languages",
    "settings": "settings",
    "survey": "survey",
    "choices": "choices",
}
_NEEDED: Mapping[str, str] = {"languages": "name", "settings": VALUE, "survey": "type", "choices": "name"}
"""The column without which a row is none."""


# --- writing ------------------------------------------------------------------------------------------------------


def write(overlay: Overlay) -> str:
    """Return the text of an overlay; the same overlay always gives the same text."""
    lines = [line for key, text in _head(overlay).items() for line in entry(key, text, "")]
    lines.append("ops:" if overlay.ops else "ops: []")
    for op in overlay.ops:
        first, *rest = _op_lines(op)
        lines += [f"- {first}", *(f"  {line}" if line else "" for line in rest)]
    return "\n".join(lines) + "\n"


def _head(overlay: Overlay) -> dict[str, str]:
    said = {"edited": overlay.edited, "org": overlay.org, "author": overlay.author, "why": overlay.why}
    return {"base": overlay.base_name, "version": overlay.version, **{k: v for k, v in said.items() if v}}


def _op_lines(op: Op) -> Iterator[str]:
    for key in _KEYS[op.op]:
        value = getattr(op, key)
        if key == "column" and op.sheet == "settings":
            continue
        if isinstance(value, str):
            yield from entry(key, value, "")
            continue
        yield f"{key}:"
        for column, text in _nested(value).items():
            yield from entry(column, text, "  ")


def _nested(cells: Cells) -> dict[str, str | dict[str, str]]:
    """Write ``label.fr`` and ``label.en`` as one mapping."""
    made: dict[str, str | dict[str, str]] = {}
    for name, text in cells.items():
        column, _, code = name.partition(".")
        if column not in columns.TRANSLATED or not code:
            made[name] = text
            continue
        known = made.setdefault(column, {})
        if isinstance(known, str):
            made[column] = known = {"": known}
        known[code] = text
    return made


# --- reading ------------------------------------------------------------------------------------------------------


def read(raw: bytes, *, file: str) -> Overlay:
    """Return the overlay in a file; ``file`` is its name in messages.

    Raises:
        OverlayDamaged: it does not hold what an overlay must hold.
        FormError: it is no text in UTF-8, or no YAML of texts; with the line.
    """
    top = mapping(parse(decode(raw, file), file), "overlay")
    only(top, HEAD)
    head = {key: scalar(top.entries[key], key).value for key in HEAD[:-1] if key in top.entries}
    form, at, base = head.get("base", "").partition("@")
    if not (form and at and base and head.get("version")):
        raise OverlayDamaged(
            where=str(top.mark), why=N_("it does not say its base (form@version) and its version")
        )
    if "ops" not in top.entries:
        raise OverlayDamaged(where=str(top.mark), why=N_("it has no list of operations"))
    ops = tuple(_op(mapping(item, "ops")) for item in sequence(top.entries["ops"], "ops").items)
    said = {key: head.get(key, "") for key in ("edited", "org", "author", "why")}
    return Overlay(form=form, base=base, version=head["version"], ops=ops, **said)


def _op(node: MappingNode) -> Op:
    kind = _text(node, "op")
    if kind not in _KEYS:
        raise OverlayDamaged(where=str(node.mark), why=N_("an operation is none of set, add, move, drop"))
    only(node, _KEYS[kind])
    sheet = _SHEETS.get(_text(node, "sheet"))
    key = _text(node, "key")
    if sheet is None or not key:
        raise OverlayDamaged(where=str(node.mark), why=N_("an operation does not say its sheet and row"))
    if kind == "set":
        column = VALUE if sheet == "settings" else _text(node, "column")
        if not column or not {"was", "now"} <= node.entries.keys():
            raise OverlayDamaged(where=str(node.mark), why=N_("an operation lacks its column, was or now"))
        return Set(sheet, key, column, _text(node, "was"), _text(node, "now"))
    if kind == "move":
        return Move(sheet, key, _text(node, "after"))
    cells = _row(node, sheet, "row" if kind == "add" else "was")
    return Add(sheet, key, _text(node, "after"), cells) if kind == "add" else Drop(sheet, key, cells)


def _text(node: MappingNode, key: str) -> str:
    found = node.entries.get(key)
    return "" if found is None else scalar(found, key).value


def _row(node: MappingNode, sheet: Name, key: str) -> Cells:
    cells: dict[str, str] = {}
    for column, value in mapping(node.entries.get(key, ScalarNode("", node.mark)), key).entries.items():
        cells |= _row_cells(column, value)
    if not cells.get(_NEEDED[sheet]):
        raise OverlayDamaged(where=str(node.mark), why=N_("a row lacks its type or its name"))
    return cells


def _row_cells(column: str, value: Node) -> dict[str, str]:
    if column not in columns.TRANSLATED or isinstance(value, ScalarNode):
        text = scalar(value, column).value
        return {column: text} if text else {}
    texts = {code: scalar(text, column).value for code, text in mapping(value, column).entries.items()}
    return {f"{column}.{code}" if code else column: text for code, text in texts.items() if text}
