"""Forms at the desk: the shipped ones in a new workspace, the newest of a kind to ask in, and the code of a focal point who calls.

The code stands open for everybody who works: a name never does. A first name looks like a code, so its shape is not enough: one
that nobody here has is doubted once, and taken when it is typed again. A new focal point must be able to call at night.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from sync_scripts.config import TeamSettings
from sync_scripts.errors import UnknownCode, UsageProblem
from sync_scripts.register.forms.formmap import FormMap, read_map, remember
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.submissions import Kind, kind_of
from sync_scripts.register.model.codes import as_known, known_workers, nearest_worker
from sync_scripts.secrets.errors import CodeUnsuitable
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import form_version
from sync_scripts.store.schema.register import alert, situation
from xlsform.pack import forms, forms_root


def lay_workbooks(
    folder: Path, copy: Callable[[Path, Path], object] = shutil.copyfile
) -> Iterator[tuple[str, Path]]:
    """Copy the shipped workbooks and media into a folder that is there; yield form ids with the workbooks that lie there then.

    A workbook that is there already is not replaced, an organisation may have changed it.
    """
    media = forms_root() / "media"
    if media.is_dir():
        shutil.copytree(media, folder / "media", dirs_exist_ok=True)
    for form in forms():
        target = folder / form.workbook.name
        if form.workbook.is_file() and not target.exists():
            copy(form.workbook, target)
        if target.is_file():
            yield form.form_id, target


def lay_forms(
    rows: Rows, folder: Path, now: datetime, copy: Callable[[Path, Path], object] = shutil.copyfile
) -> Sequence[str]:
    """Lay the shipped forms in a workspace, keep their versions, return their form ids; safe to call again."""
    laid = dict(lay_workbooks(folder, copy))
    for workbook in laid.values():
        remember(rows, workbook.read_bytes(), instant(now))
    return list(laid)


FormNotHeld: Final = UsageProblem.declare(
    "DK-P02",
    "The register holds no {kind} form, so nothing can be asked. Nothing was changed. Put the form's workbook into "
    "the folder forms/ of the workspace and run dikalo pull once.",
)


def newest_workbook(rows: Rows, kind: Kind) -> bytes:
    """Return the workbook of the newest form version of a kind; of several forms the one learnt last.

    Raises:
        FormNotHeld: there is none.
    """
    return _newest(rows, kind)[1]


def newest_map(rows: Rows, kind: Kind) -> FormMap:
    """Return the map of the same version; raises as `newest_workbook`."""
    return _newest(rows, kind)[0]


def _newest(rows: Rows, kind: Kind) -> tuple[FormMap, bytes]:
    """Return map and workbook; forms of our own, without a workbook, do not count."""
    asked = select(form_version.c.map, form_version.c.workbook).order_by(
        form_version.c.imported_at.desc(), form_version.c.version.desc()
    )
    for row in rows.execute(asked):
        made = read_map(row.map)
        if row.workbook and kind_of(Reader(made).entities) == kind:
            return made, bytes(row.workbook)
    raise FormNotHeld(kind=kind)


TellerUnknown: Final = UnknownCode.declare(
    "DK-P25",
    "Nobody here has this code, and a name must never stand here: everybody who works in the register reads it. If it really is the "
    "code of somebody new, type it once more.",
)


@dataclass(slots=True)
class Tellers:
    """Reads what is typed as the code of whoever tells.

    Attributes:
        known: codes that are known here -> whether somebody works under them now.
    """

    known: Mapping[str, bool]
    _doubted: str = ""

    def as_code(self, typed: str) -> str:
        """Return a code as it is known here, or as it was written.

        Raises:
            CodeUnsuitable: it cannot be a code.
        """
        return as_known(self.known, worker_code(typed))

    def read(self, typed: str) -> str:
        """Return a code as it is known here; one that is not is doubted once.

        Raises:
            CodeUnsuitable: it cannot be a code.
            TellerUnknown: nobody has it, and it was not typed just before.
        """
        code = self.as_code(typed)
        if code not in self.known and code != self._doubted:
            self._doubted = code
            raise TellerUnknown(nearest=nearest_worker(code, self.known))
        return code


def known_tellers(rows: Rows, teams: Iterable[TeamSettings]) -> dict[str, bool]:
    """Return the codes of people: who works here, who is in a team, and under which codes phones have sent."""
    sent = (
        row[0]
        for column in (alert.c.reporter_code, situation.c.reporter_code)
        for row in rows.execute(select(column).where(column.is_not(None)).distinct())
    )
    of_teams = [code for team in teams for code in team.people]
    return {
        **dict.fromkeys((one for one in sent if _is_code(one)), True),
        **dict.fromkeys(of_teams, True),
        **known_workers(rows),
    }


def _is_code(text: str) -> bool:
    """Tell whether this can be a code: what an older form took may be anything."""
    try:
        worker_code(text)
    except CodeUnsuitable:
        return False
    return True
