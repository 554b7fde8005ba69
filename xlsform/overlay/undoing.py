"""Take back the last save or upgrade: what was in use before, under a later version. `back` decides, `undo` acts.

A form goes back under a new version, because phones never exchange a form for an older one. Nothing is put back that
would loosen consent or secrecy, and what it replaces is kept in its turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from xlsform.build import replace as put
from xlsform.compare.acceptance import NEVER
from xlsform.compare.change import Change
from xlsform.findings.inspection import examine
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.overlay import file
from xlsform.overlay.bench import Folder, Standing, edited, load_overlay
from xlsform.overlay.guard import bans
from xlsform.overlay.renewal import changed, keep, next_version, taken
from xlsform.workbooks import workbook

__all__ = ["Back", "back", "undo"]


@dataclass(frozen=True, slots=True)
class Back:
    """What would be in use again.

    Attributes:
        used, overlay: content of the two files; None = the file is not there afterwards, as it was not before.
        against: what nobody may put back; then nothing must be written.
    """

    used: bytes | None = field(default=None, repr=False)
    overlay: bytes | None = field(default=None, repr=False)
    against: tuple[Change | Finding, ...] = ()


def back(stand: Standing, folder: Folder, kept: Path, today: date) -> Back:
    """Return what putting back a kept folder would do.

    Raises:
        FormError: what was kept cannot be read.
    """
    before, laid = kept / folder.used(stand.form_id).name, kept / folder.overlay(stand.form_id).name
    if not before.is_file():
        return Back()
    old = edited(workbook.load(before), file=before.name).form
    version = next_version((*taken(stand), old.version), today)
    form = replace(old, settings={**old.settings, "version": version})
    data = workbook.write(form, core=stand.core.frozen if stand.core else ())
    if against := _against(stand, form, data):
        return Back(against=against)
    if not laid.is_file():
        return Back(data)
    return Back(data, file.write(replace(load_overlay(laid), version=version)).encode())


def _against(stand: Standing, form: Form, data: bytes) -> tuple[Change | Finding, ...]:
    looser = (change for change in changed(stand.used, form) if change.code in NEVER)
    errors = (one for one in examine(form, data, form.file, protect=True) if one.level == "error")
    return (*looser, *bans(form), *errors)


def undo(made: Back, folder: Folder, form_id: str) -> None:
    """Keep what is in use, then put back what was; only where nothing stands against it.

    Raises:
        NotWritten: a file cannot be written; run the command again.
    """
    keep(folder, form_id)
    for path, content in ((folder.overlay(form_id), made.overlay), (folder.used(form_id), made.used)):
        if content is None:
            path.unlink(missing_ok=True)
        else:
            put(path, content)
