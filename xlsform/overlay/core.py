"""The protected core of a form, as ``core.yaml`` names it, and which form of dikalo another one is under another id. Reads files only.

The core is known by form id, so a copy that somebody made by hand would be a form that nothing guards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from xlsform import pack
from xlsform.columns import STAMPS
from xlsform.model import Form, Kind, resolve
from xlsform.sources import plain_yaml
from xlsform.sources.plain_yaml import MappingNode, ScalarNode, mapping, scalar, texts_of, texts_under
from xlsform.workbooks import workbook


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


_SHARED: Final = 0.5
"""Of the questions of a form, how many another one may ask at the same places and still be another form."""

QuestionPath = tuple[str, ...]


def twin_of(form: Form) -> str:
    """Return the shipped form that a form is under another id, "" for a form of its own.

    Its stamp says so, or most of the shipped form's questions stand in it at their places.
    """
    if core_of(form.form_id) is not None:
        return ""
    stamps = {row.cell("calculation").strip("'\"") for row in form.survey if row.name == STAMPS[0]}
    named = next((name for name in sorted(stamps) if core_of(name) is not None), "")
    return named or alike(form.form_id, frozenset(_questions(form)))


def alike(form_id: str, asked: Collection[QuestionPath]) -> str:
    """Return the shipped form, of another id, of which most questions are asked at these places; "" for none."""
    if core_of(form_id) is not None:
        return ""
    shares = {name: len(paths.keys() & set(asked)) / len(paths) for name, paths in _shipped()}
    nearest = max(shares, key=lambda name: shares[name], default="")
    return nearest if nearest and shares[nearest] > _SHARED else ""


def levels(name: str) -> dict[QuestionPath, int]:
    """Return the levels of the questions of a shipped form, by path; none for another form."""
    return dict(next((paths for form, paths in _shipped() if form == name), {}))


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, dict[QuestionPath, int]], ...]:
    """Return each form that dikalo ships with a protected core: levels by path of its questions."""
    found = []
    for one in pack.forms(pack.forms_root()):
        if one.workbook.is_file() and core_of(one.form_id) is not None:
            form = resolve(workbook.read(one.workbook.read_bytes(), file=one.workbook.name).form)
            asked = {each.path: each.level for each in form.questions if each.kind is Kind.QUESTION}
            if asked:
                found.append((one.form_id, asked))
    return tuple(found)


def _questions(form: Form) -> Iterator[QuestionPath]:
    return (path for path, row in form.paths() if row.kind is Kind.QUESTION)
