"""What phones would really do: the bans once more, on the XForm that they get. Pure; the second line of the guard.

A rule on the sheet can be walked around by a column that the converter hands on (``bind::jr:preload``) or an old name of
a type; the XForm says plainly what the phone records, tracks or sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from xlsform.compare.change import Change, change
from xlsform.compare.shape import shape_of
from xlsform.model import SEALED, Form, resolve
from xlsform.rules.conditions import references

__all__ = ["copied", "recorded_by_itself"]

_ACTIONS = frozenset({"setgeopoint", "recordaudio"})
_TRACKING = ("location-", "identify-user", "track-changes")
_TAKING = ("calculation", "default", "trigger")
_PSEUDONYM = "username"
"""The one property that may be read: where the phone is set up with a code, it is no name."""
_ENTITIES = "http://www.opendatakit.org/xforms/entities"


def recorded_by_itself(xform: str) -> Iterator[Change]:
    """Yield what the phone would record, track or send without being asked, by the path of its question."""
    top = etree.fromstring(xform.encode(), etree.XMLParser(resolve_entities=False))
    for node in top.iter(etree.Element):
        for name in dict.fromkeys(_found(node)):
            yield change("BAN-PHONE", _path(node), name=name)


def copied(base: Form, made: Form, xform: str) -> Iterator[Change]:
    """Yield a row of the organisation's that takes over a sealed answer under a lower level, however it names it."""
    resolved, nodes = resolve(made), shape_of(xform).nodes
    known = {question.path: question.row for question in resolve(base).questions}
    levels = {question.name: question.level for question in resolved.questions}
    for question in resolved.questions:
        row, node = known.get(question.path), nodes.get(question.path)
        is_base = row is not None and all(row.cell(column) == question.row.cell(column) for column in _TAKING)
        if node is None or is_base or question.level >= SEALED:
            continue
        for name in sorted(references(f"{node.calculation} {node.look.get('default', '')}")):
            if levels.get(name, 0) >= SEALED:
                words = {"name": name, "old": str(SEALED), "new": str(question.level)}
                yield change("SENS-LOWERED/copy", question.path, **words)


def _found(node: Any) -> Iterator[str]:
    here = etree.QName(node)
    said = {etree.QName(name).localname: str(text) for name, text in node.attrib.items()}
    if here.localname in _ACTIONS:
        yield here.localname
    if said.get("preload") == "property" and said.get("preloadParams", "").rpartition(":")[2] != _PSEUDONYM:
        yield said.get("preloadParams", "property")
    if here.localname == "submission" and "action" in said:
        yield "submission_url"
    if here.namespace == _ENTITIES or any(etree.QName(name).namespace == _ENTITIES for name in node.attrib):
        yield "entities"
    yield from (name for name in said if name.startswith(_TRACKING))


def _path(node: Any) -> tuple[str, ...]:
    return tuple((node.get("nodeset") or node.get("ref") or "").strip("/").split("/")[1:])
