"""What ``core.yaml`` says of the gate of each form: the only place that names a form without one. Reads that file only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xlsform import pack
from xlsform.sources import plain_yaml, yaml_shapes

__all__ = ["Gate", "gates"]


@dataclass(frozen=True, slots=True)
class Gate:
    """Path of the question of the agreement and the answers that open; ``question`` None = the form needs none."""

    question: str | None
    opens: frozenset[str] = frozenset()


def gates(root: Path | None = None) -> Mapping[str, Gate]:
    """Return the gate of each form that ``core.yaml`` names, by form id.

    Raises:
        FormError: the file holds something else.
    """
    path = (root or pack.forms_root()) / "core.yaml"
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _gates(path, changed)


@lru_cache(maxsize=8)
def _gates(path: Path, _changed: int) -> Mapping[str, Gate]:
    file = pack.shown(path)
    top = yaml_shapes.mapping(plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file), "core")
    found = {}
    for form_id, node in top.entries.items():
        said = yaml_shapes.mapping(node, form_id).entries.get("gate")
        if isinstance(said, plain_yaml.ScalarNode) and said.value == "none":
            found[form_id] = Gate(None)
        elif said is not None:
            opens = frozenset(yaml_shapes.texts_under(said, "opens"))
            question = yaml_shapes.mapping(said, "gate").entries.get("question")
            found[form_id] = Gate(yaml_shapes.scalar(question or said, "question").value, opens)
    return found
