"""``dikalo forms diff``: two versions of a form and what differs. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated

from sync_scripts.cli.forms.checking import forms_folder, to_check
from sync_scripts.cli.forms.finding_words import level_word
from sync_scripts.cli.frame.shell import Shell, command, place
from xlsform import pack
from xlsform.compare import Change, compare
from xlsform.findings.profiles import Level
from xlsform.model import Form
from xlsform.rules import not_endless
from xlsform.sources import source
from xlsform.workbooks import workbook


@command("diff")
def diff(shell: Shell, *, old: Annotated[str, place(_("OLD"))], new: Annotated[str, place(_("NEW"))]) -> None:
    """Compare two versions; exit code 3 when something breaks or needs a look."""
    (before, old_file), (after, new_file) = _to_compare(shell, old), _to_compare(shell, new)
    changes = compare(before, after, files=(old_file, new_file))
    shell.show(
        {
            "schema": "dikalo.forms.diff/1",
            "old": old_file,
            "new": new_file,
            "changes": [change.document() for change in changes],
        },
        _diff_lines(changes),
    )
    if any(change.level != Level.INFO for change in changes):
        shell.attention()


def _to_compare(shell: Shell, given: str) -> tuple[Form | bytes, str]:
    """Return a form, as servers get it, and the name of its file."""
    root = forms_folder(shell)
    (path,) = to_check(root, (given,))
    if path.suffix.lower() in {".yaml", ".yml"}:
        return source.load(path, root), pack.shown(path)
    raw = workbook.load(path)
    not_endless(workbook.read(raw, file=pack.shown(path)).form, pack.shown(path))
    return raw, pack.shown(path)


def _diff_lines(changes: Iterable[Change]) -> Iterator[str]:
    levels = []
    for change in changes:
        levels.append(str(change.level))
        yield f"{level_word(levels[-1])} {change.code} · {change.path}".rstrip(" ·")
        yield f"  {change.what}" if levels[-1] == "info" else f"  {change.what} {change.why}"
        if levels[-1] != "info":
            yield f"  {change.fix}"
    yield _diff_summary(levels) if levels else _("The two versions do not differ.")


def _diff_summary(levels: list[str]) -> str:
    worst = sum(level in {"error", "break"} for level in levels)
    warned, noted = levels.count("warn"), levels.count("info")
    return ", ".join(
        (
            ngettext("{n} break", "{n} breaks", worst).format(n=worst),
            ngettext("{n} warning", "{n} warnings", warned).format(n=warned),
            ngettext("{n} note", "{n} notes", noted).format(n=noted),
        )
    )
