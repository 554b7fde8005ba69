"""What the commands about forms share: which files are meant, and the lines of a finding."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.frame.shell import Shell
from xlsform import pack
from xlsform.findings.problems import Finding

__all__ = ["finding_lines", "forms_folder", "to_check"]


_COLOURS: Mapping[str, str] = {"error": "red", "warn": "yellow", "info": "cyan"}
WIDEST = 110
"""Letters of a line on a wide terminal: longer ones are hard to read."""


def forms_folder(shell: Shell) -> Path:
    """Return the forms folder: the workspace's when there is one, else the one that belongs to dikalo."""
    here = shell.root / "forms"
    return here if (shell.root / "dikalo.toml").is_file() and here.is_dir() else pack.forms_root()


def to_check(root: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the file of each form or file named; of all forms when none is."""
    for name in names:
        if Path(name).suffix.lower() in {".xlsx", ".yaml", ".yml", ".xls", ".xlsm", ".ods"}:
            if not Path(name).is_file():
                raise click.BadParameter(_("The file {file} is not there.").format(file=Path(name).name))
            yield Path(name)
        else:
            yield _named(root, name)
    if not names:
        yield from (one.source or one.workbook for one in pack.forms(root))


def _named(root: Path, name: str) -> Path:
    """Return the file of a form; one that a workspace does not have yet is the one that dikalo ships."""
    try:
        one = pack.find(name, root)
    except pack.FormUnknown:
        return pack.find(name).workbook
    return one.source or one.workbook


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield place, fault and remedy of one finding, wrapped for a terminal and whole for a file, and an empty line."""
    level = click.style(_level_word(finding.level), fg=_COLOURS.get(finding.level), bold=True)
    yield f"{level} {click.style(finding.code, bold=True)} · {finding.where}"
    yield _indented(f"{finding.what} {finding.why}", "  ")
    yield _indented(finding.fix, "  → ")
    yield ""


def _indented(text: str, mark: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 0
    if not width:
        return f"{mark}{text}"
    return textwrap.fill(
        text,
        width,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _level_word(level: str) -> str:
    return {"error": _("ERROR"), "warn": _("WARNING"), "info": _("NOTE")}.get(level, level)
