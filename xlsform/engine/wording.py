"""What ODK Validate says of a form, as findings of our catalogue: at the row it names, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xlsform.engine.validation import validate
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Place

_KNOWN = (
    ("Cycle detected", "JR-CYCLE"),
    ("cannot handle function", "JR-FUNCTION"),
    ("mismatched brackets", "JR-BRACKETS"),
    ("This field is repeated", "JR-REPEAT-REF"),
    ("type mismatch", "JR-TYPE"),
    ("Couldn't understand the expression", "JR-SYNTAX"),
    ("Bad node", "JR-SYNTAX"),
)
_NODE = re.compile(r"/[A-Za-z_][\w.-]*((?:/[A-Za-z_][\w.-]*(?:\[\d+\])?)+)")


def verdict(form: Form, xform: str) -> list[Finding]:
    """Return what ODK Validate finds in the XForm that was made of a form; the engine's own text is in the data.

    Raises:
        JavaMissing, EngineForked: the engine cannot run here.
    """
    return [_finding(form, said) for said in validate(xform)]


def code_of(said: str) -> str:
    """Return the code of what the engine said."""
    return next((code for words, code in _KNOWN if words.lower() in said.lower()), "JR-OTHER")


def _finding(form: Form, said: str) -> Finding:
    rows = {path: row for path, row in form.paths() if row.name}
    named = next((path for path in _paths(said) if path in rows), ())
    place = rows[named].place if named else Place(file=form.file)
    return Spot(form, place, "/".join(named), "name").finding(code_of(said), engine=said)


def _paths(said: str) -> Iterator[tuple[str, ...]]:
    for node in _NODE.finditer(said):
        yield tuple(re.sub(r"\[\d+\]", "", node[1]).strip("/").split("/"))
