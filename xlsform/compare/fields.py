"""What differs in questions, groups and repeats: each rule takes the old and the new node and yields changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsform.compare import meaning
from xlsform.compare.change import Change, change
from xlsform.compare.expressions import is_newly_required, is_tighter, renamed
from xlsform.compare.pairing import Pairs, Version
from xlsform.compare.shape import Node, Path, Shape
from xlsform.model import Question, Section

__all__ = ["fields"]

_NOTE = "note"
_UID = "once(uuid())"


def fields(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield what differs in the nodes, in the order of the old version, what is new last."""
    for path, node in old.shape.nodes.items():
        other = new.shape.nodes.get(pairs.paths.get(path, ()))
        if other is None:
            yield from _gone(node)
            continue
        yield from _moved(node, other)
        yield from _type(node, other)
        yield from _both(node, other, pairs.names)
        yield from _calculation(node, other, pairs.names, old.questions.get(path))
        if node.is_section:
            yield from _map_of_section(old.resolved.section(path), new.resolved.section(other.path))
        elif path in old.questions and other.path in new.questions:
            yield from _ours(path, old.questions[path], new.questions[other.path])
    yield from _new(new.shape, pairs)
    yield from _order(old.shape, new.shape, pairs)


def _gone(node: Node) -> Iterator[Change]:
    if node.kind == _NOTE:
        yield change("TEXT-CHANGED", node.path)
    elif not node.is_section:
        yield change("FIELD-GONE", node.path, type=node.kind)


def _moved(node: Node, other: Node) -> Iterator[Change]:
    if node.path == other.path or node.is_section:
        return
    if node.kind == _NOTE == other.kind:
        yield change("TEXT-CHANGED", node.path)
    else:
        yield change("FIELD-MOVED", node.path, near="/".join(other.path))


def _type(node: Node, other: Node) -> Iterator[Change]:
    if node.kind == other.kind:
        return
    if node.is_section and other.is_section:
        yield change("REPEAT-CHANGED", node.path, old=node.kind, new=other.kind)
    elif node.kind == _NOTE:
        yield change("FIELD-NEW", other.path, type=other.kind)
    else:
        yield change("TYPE-CHANGED", node.path, old=node.kind, new=other.kind)


def _both(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield what differs in one node; a note holds no answer, so all of it is text."""
    if node.kind == _NOTE == other.kind:
        if (node.texts, node.shown, node.look) != (other.texts, other.shown, other.look):
            yield change("TEXT-CHANGED", node.path)
        return
    yield from _label(node, other)
    yield from _demands(node, other, names)
    yield from _conditions(node, other, names)
    if node.look != other.look:
        yield change("LOOK-CHANGED", node.path)


def _label(node: Node, other: Node) -> Iterator[Change]:
    labels = [one.texts.get("label", {}) for one in (node, other)]
    language = next(meaning.differing(*labels), None) if not node.is_section else None
    if language is not None:
        words = {"old": labels[0][language], "new": labels[1][language]}
        yield change("LABEL-MEANING", node.path, language=language or "-", **words)
    elif not _same_texts(node, other):
        yield change("TEXT-CHANGED", node.path)


def _same_texts(node: Node, other: Node) -> bool:
    """Say whether the languages that both have show the same."""
    for what in {*node.texts, *other.texts}:
        one, two = node.texts.get(what, {}), other.texts.get(what, {})
        common = {*one, *two} if not (one and two) else {*one} & {*two}
        if any(one.get(language) != two.get(language) for language in common):
            return False
    return True


def _demands(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    constraint = renamed(node.constraint, names)
    harder = is_newly_required(node.required, other.required)
    tighter = constraint != other.constraint and is_tighter(constraint, other.constraint)
    if harder:
        yield change("REQUIRED-NEW", node.path)
    if tighter:
        yield change("CONSTRAINT-TIGHTER", node.path, old=node.constraint or "-", new=other.constraint)
    if (node.required, constraint) != (other.required, other.constraint) and not (harder or tighter):
        yield change("EASED", node.path)


def _conditions(node: Node, other: Node, names: Mapping[str, str]) -> Iterator[Change]:
    for kind, before, after in (
        ("RELEVANCE-CHANGED", node.shown, other.shown),
        ("FILTER-CHANGED", node.offered, other.offered),
    ):
        if node.kind == other.kind and renamed(before, names) != after:
            yield change(kind, node.path, old=before or "-", new=after or "-")


def _calculation(
    node: Node, other: Node, names: Mapping[str, str], question: Question | None
) -> Iterator[Change]:
    if renamed(node.calculation, names) != other.calculation and node.kind == other.kind:
        is_uid = (question is not None and question.field == "uid") or node.calculation == _UID
        words = {"old": node.calculation or "-", "new": other.calculation or "-"}
        yield change("CALC-CHANGED/uid" if is_uid else "CALC-CHANGED", node.path, **words)


# --- our columns --------------------------------------------------------------------------------------------------


def _ours(path: Path, question: Question, other: Question) -> Iterator[Change]:
    if question.level != other.level:
        kind = "SENS-LOWERED" if other.level < question.level else "SENS-RAISED"
        yield change(kind, path, old=str(question.level), new=str(other.level))
    yield from _place(path, _field(question), _field(other))


def _map_of_section(section: Section | None, other: Section | None) -> Iterator[Change]:
    """Yield a repeat that makes other records; in a group, its questions show what changed."""
    if section is not None and other is not None and section.repeat and other.repeat:
        yield from _place(section.path, section.entity or "", other.entity or "")


def _field(question: Question) -> str:
    return f"{question.entity or ''}.{question.field}".strip(".") if question.field else ""


def _place(path: Path, before: str, after: str) -> Iterator[Change]:
    if before == after:
        return
    if not before:
        yield change("MAP-NEW", path, new=after)
    elif after:
        yield change("MAP-CHANGED", path, old=before, new=after)
    else:
        yield change("MAP-CHANGED/gone", path, old=before)


# --- the whole tree -----------------------------------------------------------------------------------------------


def _new(shape: Shape, pairs: Pairs) -> Iterator[Change]:
    known = set(pairs.paths.values())
    for path, node in shape.nodes.items():
        if path not in known and not node.is_section:
            yield change("TEXT-CHANGED" if node.kind == _NOTE else "FIELD-NEW", path, type=node.kind)


def _order(old: Shape, new: Shape, pairs: Pairs) -> Iterator[Change]:
    """Yield each section in which what stayed stands in another order; the form itself is ``/``."""
    for under in [(), *(path for path, node in old.nodes.items() if node.is_section)]:
        stayed = [path for path in old.nodes if path[:-1] == under and pairs.paths.get(path) == path]
        if stayed != [path for path in new.nodes if path in set(stayed)]:
            yield change("ORDER-CHANGED", under or ("/",))
