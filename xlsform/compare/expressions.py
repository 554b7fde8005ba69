"""Expressions of two versions, written so that they can be compared. Nothing is run.

A path of the XForm becomes ``${name}``, so that moving a question does not change what refers to it; white space and
the kind of quotes do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from xlsform.rules.conditions import conjuncts, requires

_QUOTED = re.compile(r"""('[^']*'|"[^"]*")""")
_BOUND = re.compile(
    r"(?P<what>\.|string-length\(\.\)|count-selected\(\.\))(?P<sign><=|>=|<|>)(?P<limit>-?\d+(?:\.\d+)?)"
)
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_FALSE = frozenset({"", "false()", "no", "false"})


def plain(expression: str, root: str) -> str:
    """Return an expression of an XForm in the form that is compared; ``root`` is the name of its root node."""
    path = re.compile(
        rf"(?<![\w)\]\}}.])(?:current\(\)/)?(?:/{re.escape(root)}|\.\.(?:/\.\.)*)(?:/[A-Za-z_][\w.-]*)+"
    )
    pieces = _QUOTED.split(expression)
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = piece if "'" in piece[1:-1] else f"'{piece[1:-1]}'"
        else:
            pieces[index] = _tight(path.sub(lambda found: "${" + found[0].rpartition("/")[2] + "}", piece))
    return "".join(pieces).strip()


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """Return the expression with the new names of questions that were renamed."""
    return _REFERENCE.sub(lambda found: "${" + names.get(found[1], found[1]) + "}", expression)


def is_tighter(old: str, new: str) -> bool:
    """Say whether the new constraint may refuse what the old one let through."""
    return any(not requires(old, _implying(part)) for part in conjuncts(new) if part) if new else False


def is_newly_required(old: str, new: str) -> bool:
    """Say whether an answer may now be asked for where none was."""
    return new not in _FALSE and old not in {"true()", new}


def _tight(text: str) -> str:
    return re.sub(r"\s*([()\[\],=<>!+])\s*", r"\1", re.sub(r"\s+", " ", text))


def _implying(part: str) -> Callable[[str], bool]:
    """Return the test whether an old part makes this new one true."""
    wanted = _BOUND.fullmatch(part)

    def test(before: str) -> bool:
        had = _BOUND.fullmatch(before)
        if wanted is None or had is None or wanted["what"] != had["what"]:
            return before == part
        if wanted["sign"][0] != had["sign"][0]:
            return False
        limit, there = float(wanted["limit"]), float(had["limit"])
        if limit == there:
            return wanted["sign"] == had["sign"] or wanted["sign"].endswith("=")
        return there < limit if wanted["sign"][0] == "<" else there > limit

    return test
