"""From findings to their causes: what follows from another fault is left out, and what has one cause is said once with its places. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xlsform.findings.problems import Finding, Severity

FIRST_PLACES = 5
"""Places of one cause that are named besides the first; the others are counted."""

_SAME_CAUSE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("NAME-FORM", "NAME-REUSED", "NAME-CASE", "LIST-UNUSED", "MEDIA-MISSING", "MEDIA-BIG"), ()
    ),
    **dict.fromkeys(("FORMULA-CELL", "COL-NOTE", "SHEET-OTHER", "REQ-NOMSG", "CON-NOMSG"), ()),
    **dict.fromkeys(("PX-LABEL_001", "PX-NO-LABEL", "PX-PIXELS", "PX-OR-OTHER"), ()),
    **dict.fromkeys(("CHOICE-NAME", "NO-EXIT"), ("list",)),
    **dict.fromkeys(("REF-UNKNOWN", "FUNC-UNKNOWN", "REF-REPEAT", "TARGET-KOBO"), ("name",)),
    **dict.fromkeys(("TR-MISSING", "TR-SAME", "LANG-WRONG"), ("column", "language")),
    **dict.fromkeys(("QUOTE-MISSING", "APPEARANCE-UNKNOWN", "BOOL-WORD", "PX-TYPE", "PX-LIST"), ("value",)),
    "NAME-RESERVED": ("name",),
    "CHOICE-UNKNOWN": ("name", "value"),
    **dict.fromkeys(("EXPR-WORD", "WORD-OFFICE"), ("word",)),
    "CELL-TYPE": ("kind",),
    "HIDDEN-ROW": ("sheet",),
    "CONSENT-GATE": ("gate",),
    "CALC-HIDDEN": ("name", "cells"),
    "NEVER-TOGETHER": ("cells",),
    "CHOICE-DUP-LABEL": ("list", "name", "other"),
}
"""Code -> what two findings must share besides it to have one cause; of any other code, everything that their words say."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong once, and every finding that it makes, in the order of the form."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that is shown."""
        return self.findings[0]

    @property
    def places(self) -> tuple[str, ...]:
        """The cells, or what else says where, each once."""
        return tuple(dict.fromkeys(one.cell or one.where for one in self.findings))

    def document(self) -> dict[str, Any]:
        """Return the first finding for ``--json``, with how many there are and all their places."""
        return {**self.first.document(), "count": len(self.findings), "places": list(self.places)}


def causes(findings: Iterable[Finding]) -> list[Cause]:
    """Return the causes in the order in which a person meets their first places."""
    found: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        keys = _SAME_CAUSE.get(one.code, tuple(one.data))
        shared = tuple((key, one.data.get(key)) for key in keys)
        found.setdefault((one.code, one.severity, one.place.file, shared), []).append(one)
    return [Cause(tuple(some)) for some in found.values()]


_FOLLOWS_FROM_NO_LEVELS = frozenset(
    {
        *("SENS-MISSING", "CONSENT-GATE", "NO-GATE", "NO-EXIT", "NAME-SENSITIVE", "LAST-SAVED"),
        *("RULE-SEALED", "SENS-LOW", "SENS-BELOW"),
    }
)
_FOLLOWS_FROM_NO_LISTS = frozenset(
    {
        "CHOICE-NAME",
        "LIST-UNUSED",
        "CHOICE-NOLIST",
        "CHOICE-DUP-LABEL",
        "FILTER-EMPTY",
        "DEFAULT-CHOICE",
        "CHOICE-UNKNOWN",
    }
)
_FOLLOWS_FROM_NO_FIELDS = frozenset({"UNMAPPED", "REPEAT-UID", "NO-GATE"})


_NO_CONDITION = ("FORMULA-CELL", "EXPR-WORD", "EXPR-SYNTAX", "CHOICE-UNKNOWN", "UNANSWERABLE")
_FOLLOWS_IN_ROW: Mapping[str, tuple[str, ...]] = {
    "CHANCE-ANEW": ("UID-UNSTABLE",),
    "NONE-BESIDE": _NO_CONDITION,
    "MESSAGE-IDLE": _NO_CONDITION,
    "DEFAULT-REFUSED": ("DEFAULT-TYPE", "DEFAULT-CHOICE", *_NO_CONDITION),
    "ROWS-ONE": ("REF-CYCLE",),
    "NUM-EMPTY": ("DATE-LITERAL", "TYPE-COMPARE", "ARG-COUNT", "REF-REPEAT"),
    "NONE-REFUSED": ("UNANSWERABLE",),
    "FILE-COLUMN": ("FILE-HEADER",),
    "NEVER-TRUE": ("TYPE-NUMBER", "TYPE-COMPARE", "DATE-LITERAL", "REF-QUOTED"),
    "UNANSWERABLE": ("TYPE-NUMBER", "TYPE-COMPARE", "DATE-LITERAL", "COMPARE-CHAIN"),
    "FILTER-NOTHING": ("REF-QUOTED",),
    "REF-LATER": ("CELL-IDLE",),
    "COND-TEXT": ("REF-QUOTED",),
    "CHOICE-UNKNOWN": ("REF-QUOTED",),
    "FILTER-NOCOL": ("FILE-HEADER",),
}
"""Code -> what in the same row it may only follow from."""


def without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what would not be there but for another finding: mending that one mends all of them."""
    found = list(findings)
    columns = {one.data["name"] for one in found if one.code == "COL-MISSING"}
    no_lists = any(
        one.code == "PX-HEADER_003" or (one.code == "COL-UNKNOWN" and one.severity is Severity.BREAKS)
        for one in found
    )
    dropped = _FOLLOWS_FROM_NO_LISTS if no_lists else frozenset[str]()
    if "sensitivity" in columns:
        dropped |= _FOLLOWS_FROM_NO_LEVELS
    if "register" in columns:
        dropped |= _FOLLOWS_FROM_NO_FIELDS
    if any(one.code == "REF-CYCLE" for one in found):
        dropped |= {"REF-LATER"}
    spelt = {
        one.data[key] for one in found if one.code == "LANG-SPELL" for key in ("name", "other")
    }  # each half has what the other lacks
    meant = {one.data["near"] for one in found if one.code == "COL-UNKNOWN"}
    rows = {(one.code, one.place.sheet, one.place.row) for one in found}
    empty = {one.data["list"] for one in found if one.code == "FILTER-EMPTY"}
    never = {one.cell for one in found if one.code in {"UNANSWERABLE", "NEVER-TRUE"}}
    renamed = {
        one.data["name"] for one in found if one.code == "NAME-FORM" and one.severity is Severity.BREAKS
    }
    torn = {one.data["other"] for one in found if one.code == "LIST-SPELT"}
    return [
        one
        for one in found
        if one.code not in dropped
        and not any(
            (code, one.place.sheet, one.place.row) in rows for code in _FOLLOWS_IN_ROW.get(one.code, ())
        )
        and not (one.code == "MESSAGE-IDLE" and one.data.get("other") in meant)
        and not (one.code == "NONE-BESIDE" and "constraint" in meant)
        and not (one.code == "NEVER-TOGETHER" and never & {*one.data.get("cells", "").split(", ")})
        and not (one.code == "REF-UNKNOWN" and one.data.get("near") in renamed)
        and not (one.code == "CHOICE-UNREACHED" and one.data.get("list") in empty)
        and not (
            one.code in {"DEFAULT-CHOICE", "CHOICE-UNKNOWN", "FILTER-EMPTY"} and one.data.get("list") in torn
        )
        and not (
            one.code == "TR-MISSING"
            and (
                one.data.get("language") in spelt
                or f"{one.data.get('column')}::{one.data.get('language')}" in meant
            )
        )
    ]
