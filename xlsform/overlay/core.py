"""The protected core of a form, as ``core.yaml`` names it: what no overlay, import or flag may change. Reads one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xlsform import pack
from xlsform.sources import plain_yaml
from xlsform.sources.plain_yaml import MappingNode, ScalarNode
from xlsform.sources.yaml_shapes import mapping, scalar, texts_of, texts_under

__all__ = ["Core", "core_of"]


@dataclass(frozen=True, slots=True)
class Core:
    """What is protected.

    Attributes:
        frozen: paths whose row may not be dropped and whose meaning may not change.
        texts: paths whose French and English wording may not change either.
        closed: lists to which nothing may be added; the others take choices named ``org_...``.
        gate: path of the question of consent; () = the form has none, and that is so on purpose.
        opens: the answers that open what stands behind it.
    """

    frozen: frozenset[tuple[str, ...]]
    texts: frozenset[tuple[str, ...]]
    closed: frozenset[str]
    gate: tuple[str, ...]
    opens: frozenset[str]


def core_of(form_id: str, root: Path | None = None) -> Core | None:
    """Return the core of a form that belongs to dikalo; None for any other form.

    Raises:
        FormError: ``core.yaml`` cannot be read.
    """
    path = (root or pack.forms_root()) / "core.yaml"
    if not path.is_file():
        return None
    file = pack.shown(path)
    top = mapping(plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file), "core")
    if form_id not in top.entries:
        return None
    one = mapping(top.entries[form_id], form_id)
    lists = texts_of(one, "lists")
    gate, opens = _gate(one)
    return Core(
        frozen=_paths(one, "frozen"),
        texts=_paths(one, "texts"),
        closed=frozenset(name for name, kind in lists.items() if kind != "open"),
        gate=gate,
        opens=opens,
    )


def _paths(one: MappingNode, key: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(text.split("/")) for text in texts_under(one, key))


def _gate(one: MappingNode) -> tuple[tuple[str, ...], frozenset[str]]:
    node = one.entries.get("gate")
    if node is None or isinstance(node, ScalarNode):
        return (), frozenset()
    question = scalar(mapping(node, "gate").entries["question"], "question").value
    return tuple(question.split("/")), frozenset(texts_under(node, "opens"))
