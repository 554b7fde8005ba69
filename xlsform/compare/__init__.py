"""Two versions of a form: what differs, and what the submissions already collected would suffer from it.

Compared is what phones make of a form (its XForm), and our two columns; so a renamed header, another order of columns
or a sheet of notes is no difference. Decides nothing and changes nothing: a person reads the changes.
"""

from __future__ import annotations

from xlsform.compare.change import Change
from xlsform.compare.differences import choices, consent, fields, version_not_raised, whole
from xlsform.compare.pairing import Version, pairs
from xlsform.compare.shape import shape_of
from xlsform.convert import convert
from xlsform.model import Form, resolve
from xlsform.workbooks import workbook, writing

__all__ = ["Change", "compare"]


def compare(old: Form | bytes, new: Form | bytes, *, files: tuple[str, str] = ("", "")) -> tuple[Change, ...]:
    """Return what differs: the form as a whole first, then consent, questions, choices.

    Args:
        old: the version in use, as a form or as the bytes of a workbook.
        new: the version that shall replace it.
        files: what messages call the two workbooks.

    Raises:
        ConversionFailed: one of them cannot be turned into what phones read.
        FormError: a workbook cannot be read.
    """
    (before, old_xform), (after, new_xform) = _version(old, files[0]), _version(new, files[1])
    matched = pairs(before, after)
    found = [
        *whole(before.shape, after.shape),
        *consent(before, after, matched),
        *fields(before, after, matched),
        *choices(before, after, matched),
    ]
    differs = bool(found) or old_xform != new_xform
    return (*version_not_raised(before.shape, after.shape, differs=differs), *found)


def _version(given: Form | bytes, file: str) -> tuple[Version, str]:
    """Return one version and its XForm."""
    form = given if isinstance(given, Form) else workbook.read(given, file=file).form
    raw = writing.write(form) if isinstance(given, Form) else given
    xform = convert(raw, "central", name=file or form.file, form=form).xform
    resolved = resolve(form)
    return Version(shape_of(xform), resolved, {one.path: one for one in resolved.questions}), xform
