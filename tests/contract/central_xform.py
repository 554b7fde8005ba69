"""Forms as a Central reads them: the fields of an XForm, and a submission taken apart by them. Small and generic.

Types, repeats and names come from the form alone; what a submission brings beside them is passed over, as Central does.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from tests.contract.central_answers import Failed, lacking

_ENTITIES: Final = "{http://www.opendatakit.org/xforms/entities}saveto"
_JAVAROSA: Final = "{http://openrosa.org/javarosa}"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; a group is a ``structure``.

    Attributes:
        path: names from the root down, without the root's own.
        saves: the property of an entity list that it fills, if any.
        inner: the fields of a group or repeat.
    """

    path: tuple[str, ...]
    type: str
    multiple: bool = False
    saves: str | None = None
    inner: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """Return its own name."""
        return self.path[-1]

    def walk(self) -> Iterator[Field]:
        """Yield it and all below it, in the form's order."""
        yield self
        for one in self.inner:
            yield from one.walk()


@dataclass(frozen=True, slots=True)
class XForm:
    """What a server knows of a form. ``dataset`` = the entity list that its submissions change."""

    form: str
    version: str
    title: str
    fields: tuple[Field, ...]
    files: tuple[str, ...]
    sealed: bool
    dataset: str | None

    def walk(self) -> Iterator[Field]:
        """Yield all fields, groups before what is in them."""
        for one in self.fields:
            yield from one.walk()


@dataclass(slots=True)
class Row:
    """One row of a table: answers with the groups in them, and the rows of each repeat by its path below this row."""

    id: str
    link: str
    answers: dict[str, Any]
    repeats: dict[tuple[str, ...], list[Row]] = field(default_factory=dict)


@lru_cache(maxsize=64)
def converted(workbook: bytes) -> bytes:
    """Return the XForm of a workbook.

    Raises:
        Failed: pyxform, which Central itself uses, does not take it.
    """
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, about styles
            made = convert(io.BytesIO(workbook), validate=False, file_type=".xlsx")
            return str(made.xform).encode()
    except PyXFormError as refused:
        text = "The given XLSForm file was not valid. Please see the error details for more information."
        raise Failed(400.15, text, error=str(refused), warnings=None) from refused


@lru_cache(maxsize=64)
def read(xml: bytes) -> XForm:
    """Return what an XForm says.

    Raises:
        Failed: it is none.
    """
    top = _parsed(xml)
    model = None if top is None else next(iter(top.iter("{*}model")), None)
    primary = None if model is None else next(iter(model.iterfind("{*}instance/*")), None)
    if top is None or model is None or primary is None or not primary.get("id"):
        raise lacking("formId")
    binds = {_place(one.get("nodeset", "")): one for one in model.iterfind("{*}bind")}
    repeats = {_place(one.get("nodeset", "")) for one in top.iter("{*}repeat")}
    multiple = {_place(one.get("ref", "")) for one in top.iter("{*}select")}
    entity = next(iter(primary.iter("{*}entity")), None)
    return XForm(
        primary.get("id", ""),
        primary.get("version", ""),
        next((one.text or "" for one in top.iter("{*}title")), ""),
        tuple(_fields(primary, (), binds, repeats, multiple)),
        tuple(sorted(set(re.findall(r'"jr://[a-z-]+/([^"]+)"', xml.decode())))),
        next(iter(model.iterfind("{*}submission[@base64RsaPublicKey]")), None) is not None,
        None if entity is None else entity.get("dataset"),
    )


def _fields(
    at: Any,
    path: tuple[str, ...],
    binds: dict[tuple[str, ...], Any],
    repeats: set[tuple[str, ...]],
    multiple: set[tuple[str, ...]],
) -> Iterator[Field]:
    seen = set()
    for one in at.iterchildren(etree.Element):
        here = (*path, etree.QName(one).localname)
        if here in seen:  # the first copy of a repeat, after its template
            continue
        seen.add(here)
        inner = tuple(_fields(one, here, binds, repeats, multiple))
        bind = binds.get(here)
        kind = "unknown" if bind is None else bind.get("type", "unknown")
        if inner or here in repeats:
            kind = "repeat" if here in repeats else "structure"
        saves = None if bind is None else bind.get(_ENTITIES)
        yield Field(here, kind, here in multiple, saves, inner)


def _place(text: str) -> tuple[str, ...]:
    """Return the place that a path names, without its root and without prefixes."""
    return tuple(one.rpartition(":")[2] for one in text.strip().split("/")[2:])


def _parsed(xml: bytes) -> Any:
    try:
        return etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return None


def apart(form: XForm, xml: bytes, root: str, *, wkt: bool = False) -> Row:
    """Return a submission as a row of the table of its form; one that is no XML has nothing but empty answers."""
    row = Row(root, f"Submissions({quoted(root)})", {})
    _fill(row, row.answers, form.fields, _parsed(xml), f"Submissions#{root}", wkt=wkt)
    return row


def _fill(
    row: Row, into: dict[str, Any], fields: tuple[Field, ...], at: Any, key: str, *, wkt: bool, below: int = 0
) -> None:
    for one in fields:
        found = [] if at is None else at.findall(f"{{*}}{one.name}")
        if one.type == "structure":
            into[one.name] = {}
            inner = found[0] if found else None
            _fill(row, into[one.name], one.inner, inner, f"{key}%%{one.name}#", wkt=wkt, below=below)
        elif one.type == "repeat":
            made = row.repeats.setdefault(one.path[below:], [])
            for number, each in enumerate(found):
                own = f"{key}%%{one.name}#{number}"
                number_of = hashlib.sha1(own.encode(), usedforsecurity=False).hexdigest()
                child = Row(number_of, f"{row.link}/{one.name}('{number_of}')", {})
                _fill(child, child.answers, one.inner, each, own, wkt=wkt, below=len(one.path))
                made.append(child)
        else:
            into[one.name] = _value(one.type, (found[0].text or "") if found else "", wkt=wkt)


def quoted(root: str) -> str:
    """Return an id as it stands in the link of a row."""
    return "'" + root.replace(":", "%3A") + "'"


def _value(kind: str, text: str, *, wkt: bool) -> Any:
    """Return an answer; nothing for an empty one, or for one that is not of its type."""
    if not text:
        return None
    try:
        if kind == "int":
            return int(text)
        if kind == "decimal":
            return float(text)
        return point(text, wkt=wkt) if kind == "geopoint" else text
    except ValueError:
        return None


def point(text: str, *, wkt: bool = False) -> Any:
    """Return a place: longitude first, as GeoJSON has it, or in words without its accuracy."""
    said = [_short(float(one)) for one in text.split()]
    latitude, longitude, *more = said
    if wkt:
        return f"POINT ({' '.join(str(one) for one in (longitude, latitude, *more[:1]))})"
    place = {"type": "Point", "coordinates": [longitude, latitude, *more[:1]]}
    return place | ({"properties": {"accuracy": more[1]}} if len(more) > 1 else {})


def _short(number: float) -> float | int:
    return int(number) if number.is_integer() else number


def named_files(form: XForm, xml: bytes) -> list[str]:
    """Return the names of files that the answers of a submission announce."""
    wanted = {one.path for one in form.walk() if one.type == "binary"}
    return [text for path, text in flat(xml) if text and path in wanted]


def flat(xml: bytes) -> list[tuple[tuple[str, ...], str]]:
    """Return all answers of a submission with their places, one after another."""

    def below(at: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        inner = list(at.iterchildren(etree.Element))
        if not inner and path:
            yield path, at.text or ""
        for one in inner:
            yield from below(one, (*path, etree.QName(one).localname))

    top = _parsed(xml)
    return [] if top is None else list(below(top, ()))


def attribute(xml: bytes, name: str) -> str | None:
    """Return an attribute of the root of a submission, also of one that is broken further down."""
    found = re.search(rb"<[A-Za-z_][^<>]*?\s" + name.encode() + rb"=[\"']([^\"']*)[\"']", xml)
    return found[1].decode() if found else None
