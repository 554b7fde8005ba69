"""Rules on names and versions: what servers, exports and people can tell apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from xlsform import columns
from xlsform.findings.problems import Finding, Spot, at_setting
from xlsform.model import Form, Resolved, Row

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_FORM_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
_CHOICE = re.compile(r"[A-Za-z0-9_]+")
_VERSION = re.compile(r"(\d{4})(\d{2})(\d{2})\d{2}")
_RESERVED = frozenset({"meta", "instanceid", "instancename", "deprecatedid", "rootuuid", "formhub", "entity"})


def check(form: Resolved) -> Iterator[Finding]:
    """Yield what is wrong with the names of questions and choices, the form id and the version."""
    yield from _questions(form.form)
    yield from _choices(form.form)
    yield from _settings(form.form)


def near(name: str, longest: int = 32) -> str:
    """Return the plain name nearest to one: accents off, small letters, blanks and signs as _."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return (plain if plain[:1].isalpha() else f"q_{plain}".rstrip("_"))[:longest]


def _questions(form: Form) -> Iterator[Finding]:
    seen: dict[str, tuple[str, str]] = {}
    for path, row in form.paths():
        if not row.name or row.base in columns.ENDS:
            continue
        place = "/".join(path)
        yield from _one(form, place, row)
        if (before := seen.setdefault(row.name.lower(), (row.name, place)))[1] != place:
            code, other = ("NAME-REUSED", before[1]) if before[0] == row.name else ("NAME-CASE", before[0])
            yield Spot(form, row.place, place, "name").finding(code, name=row.name, other=other)


def _one(form: Form, path: str, row: Row) -> Iterator[Finding]:
    here = Spot(form, row.place, path, "name")
    if row.name in columns.STAMPS:
        yield here.finding("STAMP", name=row.name)
    elif row.name.lower() in _RESERVED or row.name.startswith(("_", "dikalo_")):
        yield here.finding("NAME-RESERVED", name=row.name)
    elif not _NAME.fullmatch(row.name):
        yield here.finding("NAME-FORM", name=row.name, near=near(row.name))


def _choices(form: Form) -> Iterator[Finding]:
    for name, choices in form.choices.items():
        for choice in choices:
            if not _CHOICE.fullmatch(choice.name):
                here = Spot(form, choice.place, f"{name}/{choice.name}", "name")
                yield here.finding("CHOICE-NAME", list=name, name=choice.name, near=near(choice.name))


def _settings(form: Form) -> Iterator[Finding]:
    if not _FORM_ID.fullmatch(form.form_id):
        words = {"name": form.form_id, "near": near(form.form_id or form.title or "form", 48)}
        yield at_setting(form, "form_id").finding("FORM-ID", **words)
    if not form.version:
        yield at_setting(form, "version").finding("NO-VERSION")
    elif not _is_version(form.version):
        yield at_setting(form, "version").finding("VERSION-FORM", version=form.version)


def _is_version(version: str) -> bool:
    parts = _VERSION.fullmatch(version)
    try:
        return parts is not None and bool(date(*(int(part) for part in parts.groups())))
    except ValueError:
        return False
