"""Invented submissions as the two servers show them in JSON, for tools that read no XML: same answers, same bytes each time.

KoboToolbox: every answer a text, slash paths as keys, repeated inside rows; what was not answered is absent. Central:
nested groups, ``__id`` and ``__system``; repeats as lists, with the positional id that Central gives their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from lxml import etree

REPEATS: Final = frozenset({"victims", "acts", "perpetrators", "vict", "needs_of", "visits", "wounds"})
"""Names of groups that repeat, in the forms of the bench."""
NOT_ANSWERS: Final = frozenset({"meta"})


def kobo_answers(xml: bytes) -> bytes:
    """Return the members of a KoboToolbox row that hold answers, encoded, without the braces."""
    return msgspec.json.encode(dict(_flat(etree.fromstring(xml), "")))[1:-1]


def _flat(node: Any, above: str) -> Iterator[tuple[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in node:
        name = etree.QName(one).localname
        path = f"{above}{name}"
        if name in NOT_ANSWERS and not above:
            continue
        if name in REPEATS:
            rows.setdefault(path, []).append(dict(_flat(one, f"{path}/")))
        elif len(one):
            yield from _flat(one, f"{path}/")
        elif one.text:
            yield path, one.text
    yield from rows.items()


def central_answers(xml: bytes, root: str) -> bytes:
    """Return the members of a Central row that hold answers, encoded, without the braces."""
    return msgspec.json.encode(_nested(etree.fromstring(xml), root))[1:-1]


def _nested(node: Any, root: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in node:
        name = etree.QName(one).localname
        if name == "meta":
            continue
        if name in REPEATS:
            rows = found.setdefault(name, [])
            rows.append(_nested(one, root) | {"__id": f"{root}-{name}-{len(rows)}"})
        else:
            found[name] = _nested(one, root) if len(one) else one.text
    return found


def survey(xmls: list[bytes]) -> list[dict[str, Any]]:
    """Return the rows of a form's ``survey`` as KoboToolbox gives them, made from what was answered."""
    found: dict[str, dict[str, Any]] = {}
    for xml in xmls:
        _questions(etree.fromstring(xml), "", found)
    return [
        row
        for name, one in found.items()
        for row in (
            [
                {"type": "begin_repeat", "name": name, "$autoname": name, "label": [name]},
                *one.values(),
                {"type": "end_repeat"},
            ]
            if name in REPEATS
            else [one]
        )
    ]


def _questions(node: Any, within: str, found: dict[str, dict[str, Any]]) -> None:
    for one in node:
        name = etree.QName(one).localname
        row = {"type": "text", "name": name, "$autoname": name, "label": [name]}
        if name == "meta":
            continue
        if name in REPEATS:
            _questions(one, name, found.setdefault(name, {}))
        elif len(one):
            _questions(one, within, found)
        else:
            found.setdefault(name, row)
