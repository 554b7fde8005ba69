"""``dikalo backup``: a copy of the workspace at a place of its own, checked after it was written."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any

import msgspec

from sync_scripts.backup.errors import PlaceUnnamed
from sync_scripts.backup.making import Made, make
from sync_scripts.backup.planning import Plan, plan, prepared
from sync_scripts.cli.frame.options import DryRun, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.frame.transfer import megabytes, transferring
from sync_scripts.cli.frame.typed import FOLDER
from sync_scripts.config import BackupSettings
from sync_scripts.store.settings_file import amend
from sync_scripts.store.workspace import Workspace


@command("backup")
def backup(
    shell: Shell,
    *,
    folder: Annotated[
        Path | None,
        option(
            "--to",
            "The place: a folder on a USB stick or another disk. Without it, the one of dikalo.toml.",
            type=FOLDER,
        ),
    ],
    keep: Annotated[
        bool,
        option(
            "--keep", "Write the place into dikalo.toml: dikalo sync then makes a backup there once a day."
        ),
    ],
    dry_run: DryRun,
) -> None:
    """Make a backup."""
    with shell.workspace(write=not dry_run, command="backup", how="long") as workspace:
        named = folder.absolute() if folder else workspace.settings.backup.folder(workspace.root)
        if named is None:
            raise PlaceUnnamed
        wanted = plan(workspace, named)
        if dry_run:
            shell.show(_document(named, wanted, None), _planned(wanted))
            return
        place = prepared(workspace, named)
        with transferring(shell, _("Backup"), wanted.bytes) as tell:
            done = make(workspace, place, shell.clock(), tell)
        if keep:
            _keep(workspace, named)
    shell.show(_document(named, wanted, done), [*made_lines(done), *_kept(workspace, named, keep=keep)])
    if done.problems:
        shell.attention()


def _keep(workspace: Workspace, folder: Path) -> None:
    wanted = msgspec.structs.replace(workspace.settings, backup=BackupSettings(path=str(folder)))
    amend(workspace.root, wanted)


def _document(folder: Path, wanted: Plan, done: Made | None) -> dict[str, Any]:
    return {
        "schema": "dikalo.backup/1",
        "dry_run": done is None,
        "place": str(folder),
        "at": done.copy.at if done else None,
        "number": done.copy.number if done else None,
        "files": done.files if done else len(wanted.lacking),
        "bytes": done.bytes if done else wanted.bytes,
        "missing": len(done.missing) if done else 0,
        "removed": done.gone if done else 0,
        "problems": [{"code": code, "message": words} for code, words in (done.problems if done else ())],
    }


def _planned(wanted: Plan) -> Iterator[str]:
    yield from nothing_written(dry_run=True)
    yield ngettext(
        "A copy of the register and {n} sealed file would be written, about {size} MB.",
        "A copy of the register and {n} sealed files would be written, about {size} MB.",
        len(wanted.lacking),
    ).format(n=len(wanted.lacking), size=megabytes(wanted.bytes))


def made_lines(done: Made) -> Iterator[str]:
    """Yield what a backup did, and what a person has to know of it."""
    yield ngettext(
        "Backup made and read back: the register and {n} new sealed file, {size} MB.",
        "Backup made and read back: the register and {n} new sealed files, {size} MB.",
        done.files,
    ).format(n=done.files, size=megabytes(done.bytes))
    if done.gone:
        yield ngettext("{n} older backup was removed.", "{n} older backups were removed.", done.gone).format(
            n=done.gone
        )
    for code, words in done.problems:
        yield f"{code} · {words}"


def _kept(workspace: Workspace, folder: Path, *, keep: bool) -> Iterator[str]:
    """Yield where the next backups go, and that the key to them is not on this computer alone."""
    if keep:
        yield _("dikalo sync makes one here once a day from now on, whenever the place is there.")
    elif workspace.settings.backup.folder(workspace.root) != folder:
        yield _("To let dikalo sync make one here once a day, add --keep.")
    yield _(
        "The recovery key on paper or the organisation's key opens this backup: never keep either with the USB stick."
    )
