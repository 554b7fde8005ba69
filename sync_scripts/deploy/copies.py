"""A team's copy of a form: the same workbook under another id, made of the form at the moment when it goes up.

What is filled in with a copy is the form's own: its stamps name the form, so that its gate, levels, key, rules and
register rows hold for all of them. A copy that somebody made by hand would be a form that nobody guards; it is refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from sync_scripts.deploy.package import Package
from sync_scripts.errors import UsageProblem
from xlsform.model import Form
from xlsform.overlay.core import twin_of
from xlsform.workbooks import workbook

__all__ = ["CopyByHand", "copied", "refuse_copy"]


CopyByHand: Final = UsageProblem.declare(
    "DK-N37",
    "{form}.xlsx is a copy of the form {original} under another id, and nothing would guard its consent, its levels and its "
    "key. Nothing was sent. dikalo makes such copies itself, of your own form: take the file away, name the copy in a "
    "[[team]] (forms, the name begins with {original}_), then run dikalo forms deploy.",
)


def copied(package: Package, name: str) -> Package:
    """Return the package under another id: same questions, version, key and files, and the stamps of the form."""
    raw = _under(package.workbook, name, package.stamp)
    return replace(package, form=name, copy_of=package.stamp, workbook=raw)


@lru_cache(maxsize=16)
def _under(raw: bytes, name: str, original: str) -> bytes:
    form = workbook.read(raw, file="xlsx").form
    return workbook.write(replace(form, settings={**form.settings, "form_id": name}), original=original)


def refuse_copy(form: Form) -> None:
    """Refuse a form that is one of dikalo's under another id.

    Raises:
        CopyByHand: it is.
    """
    if original := twin_of(form):
        raise CopyByHand(form=form.form_id, original=original)
