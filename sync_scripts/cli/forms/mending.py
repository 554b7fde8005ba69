"""``dikalo forms check --fix``: spellings that cannot change the form are shown, then put right in the workbook. Writes nothing else."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path
from typing import Any

from sync_scripts.cli.frame.options import nothing_written
from sync_scripts.cli.frame.shell import Shell
from xlsform.build import replace
from xlsform.errors import FormError
from xlsform.workbooks import mending, workbook


def mend(shell: Shell, path: Path, *, dry_run: bool, yes: bool) -> tuple[Path, list[dict[str, Any]]]:
    """Return the file to check then, and what was put right; a source in YAML has nothing of this kind.

    An old ``.xls`` stays, and an ``.xlsx`` is written beside it. What cannot be proved harmless is said and left.
    """
    if path.suffix.lower() in {".yaml", ".yml"}:
        return path, []
    target = path.with_suffix(".xlsx")
    try:
        raw = workbook.load(path)
        plan = mending.mends(raw, path.name)
        data = mending.proved(raw, plan, path.name) if plan else b""
    except FormError as problem:
        shell.warn(problem.words())
        return path, []
    for line in nothing_written(dry_run=dry_run):
        shell.say(line)
    for one in plan:
        shell.say(
            _("{file} {where}: {was} becomes {now}").format(
                file=path.name, where=one.where, was=one.was, now=one.now
            )
        )
    if not plan:
        shell.say(_("{file}: no spelling to put right.").format(file=path.name))
        return path, []
    told = [{"file": path.name, "cell": one.where, "was": one.was, "now": one.now} for one in plan]
    if dry_run:
        return path, told
    shell.confirm(_("Write these into {file}?").format(file=target.name), yes=yes)
    replace(target, data)
    return target, told
