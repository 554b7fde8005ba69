"""``dikalo followup``: the workbook that coordinators work in."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli import followup_conflicts, followup_export, followup_import
from sync_scripts.cli.shell import group

__all__ = ["followup"]


@group("followup", help=_("Hand out the follow-up workbook, take it back, settle what is open."))
def followup() -> None:
    """Group of the workbook's commands."""


for _one in (
    followup_export.export_command,
    followup_import.import_command,
    followup_conflicts.conflicts_command,
):
    followup.add_command(_one)
