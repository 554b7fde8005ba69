"""Which form version to ask in: the newest of a kind that the register holds. Reads the register, changes nothing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from sync_scripts.errors import UsageProblem
from sync_scripts.register.forms.formmap import FormMap, read_map
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.submissions import Kind, kind_of
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import form_version

__all__ = ["FormNotHeld", "newest_map", "newest_workbook"]


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
