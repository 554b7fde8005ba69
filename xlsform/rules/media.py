"""Rules on the files that a form shows, plays or reads: there, and small enough for a phone with little credit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsform import columns
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Place, Resolved
from xlsform.nearest import nearest
from xlsform.rules.folder import Folder

__all__ = ["LARGEST_PICTURE", "LARGEST_SOUND", "check"]

LARGEST_PICTURE, LARGEST_SOUND = 20_000, 60_000
"""Bytes of a picture and of a sound that every phone of a form has to download."""

_LIMITS: Mapping[str, int] = {"image": LARGEST_PICTURE, "audio": LARGEST_SOUND}
_FROM_ELSEWHERE = ("http://", "https://", "${")


def check(form: Resolved, folder: Folder | None = None) -> Iterator[Finding]:
    """Yield files that are not in the folder, or too large; nothing when the folder was not looked at."""
    if folder is None:
        return
    said: set[str] = set()
    for spot, name in _files(form.form):
        if name in said or name.startswith(_FROM_ELSEWHERE):
            continue
        said.add(name)
        size = folder.sizes.get(name)
        if size is None:
            yield spot.finding("MEDIA-MISSING", name=name, near=nearest(name, folder.sizes))
        elif size > _LIMITS.get(spot.column, size):
            limit = f"{_LIMITS[spot.column] // 1000} kB"
            yield spot.finding("MEDIA-BIG", name=name, size=f"{size // 1000} kB", limit=limit)


def _files(form: Form) -> Iterator[tuple[Spot, str]]:
    for path, row in form.paths():
        place = "/".join(path)
        yield from _shown(form, place, row.texts, row.place)
        if row.list_file:
            yield Spot(form, row.place, place, "type"), row.list_file
        if row.base in {"csv-external", "xml-external"}:
            yield Spot(form, row.place, place, "name"), f"{row.name}.{row.base[:3]}"
    for name, choices in form.choices.items():
        for choice in choices:
            yield from _shown(form, f"{name}/{choice.name}", choice.texts, choice.place)


def _shown(
    form: Form, path: str, texts: Mapping[str, Mapping[str, str]], place: Place
) -> Iterator[tuple[Spot, str]]:
    for column in columns.MEDIA:
        for language, name in texts.get(column, {}).items():
            yield Spot(form, place, path, column, language), name.removeprefix("jr://images/").strip()
