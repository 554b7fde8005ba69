"""What differs in the form as a whole: its id, version, languages, key and title."""

from __future__ import annotations

from collections.abc import Iterator

from xlsform.compare.change import Change, change
from xlsform.compare.shape import Shape

__all__ = ["version_not_raised", "whole"]


def whole(old: Shape, new: Shape) -> Iterator[Change]:
    """Yield what differs in the settings and languages."""
    if old.form_id != new.form_id:
        yield change("FORM-ID-CHANGED", old=old.form_id, new=new.form_id)
    yield from _encryption(old.key, new.key)
    yield from _languages(old, new)
    if (old.title, old.instance_name) != (new.title, new.instance_name):
        yield change("TITLE-CHANGED")


def version_not_raised(old: Shape, new: Shape, *, differs: bool) -> Iterator[Change]:
    """Yield a change when something differs under a version that is not later; versions are compared as numbers."""
    numbers = old.version.isdigit() and new.version.isdigit()
    backwards = numbers and int(new.version) < int(old.version)
    if backwards or (differs and old.version == new.version):
        yield change("VERSION-NOT-RAISED", old=old.version or "-", new=new.version or "-")


def _encryption(old: str, new: str) -> Iterator[Change]:
    """Yield what happened to the key; no part of a key is ever shown."""
    if old and not new:
        yield change("ENCRYPTION-CHANGED/off")
    elif new and not old:
        yield change("ENCRYPTION-CHANGED/on")
    elif old != new:
        yield change("ENCRYPTION-CHANGED/key")


def _languages(old: Shape, new: Shape) -> Iterator[Change]:
    for code in (code for code in old.languages if code not in new.languages):
        yield change("LANG-GONE", language=old.languages[code])
    for code in (code for code in new.languages if code not in old.languages):
        yield change("LANG-NEW", language=new.languages[code])
    if old.default and new.default and old.default != new.default:
        names = {"old": old.languages[old.default], "new": new.languages[new.default]}
        yield change("LANG-DEFAULT-CHANGED", **names)
