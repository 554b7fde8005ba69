"""What is left of a submission's answers once it is erased: its keys, and what statistics may keep. Pure.

The tree stays an answers tree of the same form version, so the register reads it by the same road as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sync_scripts.register.forms.answers import Node, Tree, read_open_part, write_open_part
from sync_scripts.register.forms.formmap import Asked, FormMap
from sync_scripts.register.rules.retention import Depth, Keeps

__all__ = ["reduced"]

_OPEN = 1
"""With ``identity`` the answers up to this level stay."""


def reduced(open_part: str, form_map: FormMap, keeps: Keeps, depth: Depth, *, may_count: bool = True) -> str:
    """Return an open part without what is not kept: no mark of a sealed answer, no tag, nothing that nobody mapped.

    Where somebody said that statistics may not have it, or a form asks and nobody answered, only the keys stay.

    Args:
        open_part: as it stands.
        form_map: of the version that it was filled with.
        keeps: what stays.
        depth: how much goes.
        may_count: whether what people agreed to since the form lets statistics keep anything.
    """
    questions = {asked.path: asked for asked in form_map.questions}
    tree = read_open_part(open_part)
    wanted = set(keeps.always)
    if may_count and _may_count(tree, questions):
        wanted |= keeps.statistics
        if depth == "identity":
            wanted |= set(_open_fields(form_map))
    return write_open_part(tuple(_kept(tree, (), questions, wanted)))


def _open_fields(form_map: FormMap) -> Iterator[str]:
    """Yield the fields whose every question in this version is of level 0 or 1."""
    from xlsform.pack import register_fields

    known = register_fields()
    closed = {f"{one.entity}.{one.field}" for one in form_map.questions if one.level > _OPEN}
    for one in form_map.questions:
        name, field = f"{one.entity}.{one.field}", known.get((one.entity or "", one.field or ""))
        if name not in closed and field is not None and field.level <= _OPEN and one.type != "text":
            yield name


def _may_count(tree: Tree, questions: dict[tuple[str, ...], Asked]) -> bool:
    """Tell whether the statistics of the organisation may keep what was answered: an alert, or where stats were agreed to."""
    asks = any(_field(one) == ("consent", "stats") for one in questions.values())
    return not asks or "yes" in set(_answers(tree, (), questions, ("consent", "stats")))


def _answers(
    nodes: Iterable[Node],
    path: tuple[str, ...],
    questions: dict[tuple[str, ...], Asked],
    field: tuple[str, str],
) -> Iterator[str]:
    for node in nodes:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            yield from _answers(node.value, here, questions, field)
        elif (
            isinstance(node.value, str)
            and (asked := questions.get(here)) is not None
            and _field(asked) == field
        ):
            yield node.value


def _field(asked: Asked) -> tuple[str | None, str | None]:
    return asked.entity, asked.field


def _kept(
    nodes: Iterable[Node], path: tuple[str, ...], questions: dict[tuple[str, ...], Asked], wanted: set[str]
) -> Iterator[Node]:
    for node in nodes:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            inside = tuple(_kept(node.value, here, questions, wanted))
            if inside:
                yield Node(node.name, inside)
        elif isinstance(node.value, str):
            asked = questions.get(here)
            if asked is not None and f"{asked.entity}.{asked.field}" in wanted:
                yield node
