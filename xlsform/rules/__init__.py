"""The rules of the form check, one module per family. Pure: no Java, no network, and nothing is changed.

Each module has ``check(form) -> Iterator[Finding]`` over a resolved form. A new rule is a function in its family and
an entry in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from xlsform.model import Form, Resolved, resolve
from xlsform.problems import Finding
from xlsform.rules import cells, gate, languages, mapping, names, safety, servers

__all__ = ["FAMILIES", "Rule", "Target", "check"]

Rule = Callable[[Resolved], Iterator[Finding]]
Target = Literal["any", "central", "kobo"]

FAMILIES: tuple[Rule, ...] = (
    cells.check,
    names.check,
    languages.check,
    gate.check,
    safety.check,
    mapping.check,
)
"""The families that hold on every server."""


def check(form: Form, target: Target = "any") -> list[Finding]:
    """Return what is wrong with a form, in sheet order within each family.

    Args:
        form: the form as read from its source or workbook, without the stamps of the build.
        target: where it is to run; ``any`` asks for what every server can do.
    """
    resolved = resolve(form)
    families = FAMILIES if target == "central" else (*FAMILIES, servers.check)
    return [finding for family in families for finding in family(resolved)]
