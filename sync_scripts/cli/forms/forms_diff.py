"""``dikalo forms diff``: what differs between two versions of a form. Parses, calls `xlsform.compare`, prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import gettext as _
from gettext import ngettext

import click

from sync_scripts.cli.forms.form_files import forms_folder, to_check
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from xlsform import pack
from xlsform.compare import Change, compare
from xlsform.findings.problems import Level
from xlsform.model import Form
from xlsform.rules import not_endless
from xlsform.sources import source
from xlsform.workbooks import workbook

__all__ = ["diff"]


@command("diff")
@click.argument("old", metavar=_("OLD"))
@click.argument("new", metavar=_("NEW"))
@pass_shell
def diff(shell: Shell, old: str, new: str) -> None:
    """Compare two versions; exit code 3 when something breaks or needs a look."""
    (before, old_file), (after, new_file) = _version(shell, old), _version(shell, new)
    changes = compare(before, after, files=(old_file, new_file))
    shell.show(
        {
            "schema": "dikalo.forms.diff/1",
            "old": old_file,
            "new": new_file,
            "changes": [change.document() for change in changes],
        },
        _lines(changes),
    )
    if any(change.level != Level.INFO for change in changes):
        shell.attention()


def _version(shell: Shell, given: str) -> tuple[Form | bytes, str]:
    """Return a form, as servers get it, and the name of its file."""
    root = forms_folder(shell)
    (path,) = to_check(root, (given,))
    if path.suffix.lower() in {".yaml", ".yml"}:
        return source.load(path, root), pack.shown(path)
    raw = workbook.load(path)
    not_endless(workbook.read(raw, file=pack.shown(path)).form, pack.shown(path))
    return raw, pack.shown(path)


def _lines(changes: Iterable[Change]) -> Iterator[str]:
    levels = []
    for change in changes:
        levels.append(str(change.level))
        yield f"{_level_word(levels[-1])} {change.code} · {change.path}".rstrip(" ·")
        yield f"  {change.what}" if levels[-1] == "info" else f"  {change.what} {change.why}"
        if levels[-1] != "info":
            yield f"  {change.fix}"
    yield _summary(levels) if levels else _("The two versions do not differ.")


def _level_word(level: str) -> str:
    return {"error": _("ERROR"), "break": _("BREAKS"), "warn": _("WARNING"), "info": _("NOTE")}[level]


def _summary(levels: list[str]) -> str:
    worst = sum(level in {"error", "break"} for level in levels)
    warned, noted = levels.count("warn"), levels.count("info")
    return ", ".join(
        (
            ngettext("{n} break", "{n} breaks", worst).format(n=worst),
            ngettext("{n} warning", "{n} warnings", warned).format(n=warned),
            ngettext("{n} note", "{n} notes", noted).format(n=noted),
        )
    )
