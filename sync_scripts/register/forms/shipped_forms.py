"""The shipped forms in a new workspace: their workbooks and pictures, and their versions in the register. No samples."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sync_scripts.register.forms.formmap import remember
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from xlsform.pack import forms, forms_root

__all__ = ["lay_forms"]


def lay_forms(
    rows: Rows, folder: Path, now: datetime, copy: Callable[[Path, Path], object] = shutil.copyfile
) -> Sequence[str]:
    """Copy the shipped workbooks and media into a workspace, keep their versions, return their form ids.

    Safe to call again: a workbook that is there already is not replaced, an organisation may have changed it.
    """
    laid = []
    for form in forms():
        target = folder / form.workbook.name
        if form.workbook.is_file() and not target.exists():
            copy(form.workbook, target)
        if target.is_file():
            remember(rows, target.read_bytes(), instant(now))
            laid.append(form.form_id)
    media = forms_root() / "media"
    if media.is_dir():
        shutil.copytree(media, folder / "media", dirs_exist_ok=True)
    return laid
