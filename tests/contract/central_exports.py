"""Whole exports of a stand-in Central: the table of a form as CSV, and its places as GeoJSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tests.contract import central_xform as xform
from tests.contract.central_odata import system
from tests.contract.central_state import Submission

_AFTER: Final = {
    "KEY": "",
    "SubmitterID": "submitterId",
    "SubmitterName": "submitterName",
    "AttachmentsPresent": "attachmentsPresent",
    "AttachmentsExpected": "attachmentsExpected",
    "Status": "status",
    "ReviewState": "reviewState",
    "DeviceID": "deviceId",
    "Edits": "edits",
    "FormVersion": "formVersion",
}
"""Columns after those of the form, and where each is found among the server's own members."""
_PLACE: Final = ("Latitude", "Longitude", "Altitude", "Accuracy")


def table(form: xform.XForm | None, every: list[Submission], *, splits: bool, groups: bool) -> bytes:
    """Return the table of the submissions; a place fills four columns, and a choice of several one each if ``splits``."""
    fields = [one for one in (form.walk() if form else ()) if not _within_repeat(form, one)]
    answered = [dict(xform.flat(one.present.xml)) for one in every]
    chosen = {
        one.path: sorted({each for said in answered for each in said.get(one.path, "").split()})
        for one in fields
        if one.multiple and splits
    }
    heads = [name for one in fields for name in _columns(one, chosen.get(one.path, ()), groups=groups)]
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["SubmissionDate", *heads, *_AFTER])
    for one, said in zip(every, answered, strict=True):
        cells = [cell for each in fields for cell in _cells(each, said, chosen.get(each.path, ()))]
        own = system(one)
        last = [one.root if name == "KEY" else own[told] for name, told in _AFTER.items()]
        lines.writerow([one.created, *cells, *("" if cell is None else cell for cell in last)])
    return out.getvalue().encode()


def _within_repeat(form: xform.XForm | None, one: xform.Field) -> bool:
    """Tell whether a field is no column of the first table: a group, a repeat, or what is in one."""
    repeats = [each.path for each in (form.walk() if form else ()) if each.type == "repeat"]
    return one.type in {"structure", "repeat"} or any(one.path[: len(path)] == path for path in repeats)


def _columns(one: xform.Field, chosen: Iterable[str], *, groups: bool) -> list[str]:
    name = "-".join(one.path) if groups else one.name
    if one.type == "geopoint":
        return [f"{name}-{each}" for each in _PLACE]
    return [name, *(f"{name}/{each}" for each in chosen)]


def _cells(one: xform.Field, said: dict[tuple[str, ...], str], chosen: Iterable[str]) -> list[str]:
    text = said.get(one.path, "")
    if one.type == "geopoint":
        return [*text.split(), *[""] * 4][:4]
    return [text, *(str(int(each in text.split())) for each in chosen)]


def geojson(form: xform.XForm | None, every: Iterable[Submission]) -> dict[str, Any]:
    """Return the first place of each submission that has one."""
    return {"type": "FeatureCollection", "features": list(_features(form, every))}


def _features(form: xform.XForm | None, every: Iterable[Submission]) -> Iterator[dict[str, Any]]:
    fields = [one for one in (form.walk() if form else ()) if one.type == "geopoint"]
    for one in every:
        said = dict(xform.flat(one.present.xml))
        for each in fields[:1]:
            text = said.get(each.path, "")
            if len(text.split()) < 2:
                continue
            place = {name: told for name, told in xform.point(text).items() if name != "properties"}
            yield {
                "type": "Feature",
                "id": one.root,
                "geometry": place,
                "properties": {"fieldpath": "/" + "/".join(each.path)},
            }
