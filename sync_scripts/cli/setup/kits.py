"""``dikalo kit offline``: all that installs dikalo on computers without a network, in a folder for a stick. Opens no workspace."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any

import click

from sync_scripts.cli.frame.options import DryRun, nothing_written
from sync_scripts.cli.frame.shell import FILE, FOLDER, Shell, command, option
from sync_scripts.cli.frame.transfer import megabytes
from sync_scripts.cli.setup.guide import PAGES, page_file, readable
from sync_scripts.kit import locked, offline
from sync_scripts.kit.offline import Kit, Part
from sync_scripts.kit.wheels import require_pip
from sync_scripts.texts import LANGUAGES


@command("offline")
def offline_kit(
    shell: Shell,
    *,
    folder: Annotated[
        Path, option("--to", "The folder, such as one on a USB stick.", type=FOLDER, required=True)
    ],
    system: Annotated[
        tuple[str, ...],
        option(
            "--system",
            "For these computers only; give it again for more.",
            type=click.Choice(list(locked.COMPUTERS)),
            multiple=True,
        ),
    ],
    python: Annotated[
        tuple[str, ...],
        option(
            "--python",
            "For this version of Python only; give it again for more.",
            type=click.Choice(list(locked.PYTHONS)),
            multiple=True,
        ),
    ],
    wheel: Annotated[
        Path | None,
        option("--wheel", "dikalo's own wheel, where it is not the one installed here.", type=FILE),
    ],
    dry_run: DryRun,
) -> None:
    """Make a kit."""
    lock = locked.text()
    parts = offline.plan(system or tuple(locked.COMPUTERS), python or locked.PYTHONS, lock)
    made = None
    if not dry_run:
        require_pip()
        with shell.progress(_("Fetching"), len(parts)) as done:
            made = offline.make(parts, folder, wheel, dict(_pages()), lock=lock, done=done)
    shell.show(_document(folder, parts, made), _lines(parts, made))


def _pages() -> Iterator[tuple[str, Iterator[str]]]:
    for lang in LANGUAGES:
        for name in PAGES:
            file = page_file(name, lang)
            yield f"guide/{lang}/{file.stem}.txt", readable(file.read_text(encoding="utf-8"))


def _document(folder: Path, parts: tuple[Part, ...], made: Kit | None) -> dict[str, Any]:
    return {
        "schema": "dikalo.kit_offline/1",
        "dry_run": made is None,
        "folder": str(folder),
        "computers": [
            {"system": one.system, "python": one.python, "packages": len(one.packages)} for one in parts
        ],
        "wheels": made.wheels if made else None,
        "files": made.files if made else None,
        "bytes": made.bytes if made else None,
        "fingerprint": made.fingerprint if made else None,
    }


def _lines(parts: tuple[Part, ...], made: Kit | None) -> Iterator[str]:
    yield from nothing_written(dry_run=made is None)
    for one in parts:
        yield _("{system}, Python {python}: {n} packages.").format(
            system=one.system, python=one.python, n=len(one.packages)
        )
    if made is None:
        return
    yield _("The kit is complete: {n} files, {size} MB.").format(n=made.files, size=megabytes(made.bytes))
    yield _(
        "Read these signs to whoever gets it, by another way; README.txt in the kit says what they compare:"
    )
    yield f"    {' '.join(offline.groups(made.fingerprint))}"
    yield _("Python itself is not in the kit: bring its installer, if a computer has none.")
