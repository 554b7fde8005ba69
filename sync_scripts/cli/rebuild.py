"""``dikalo rebuild``: the register made anew from what was stored, or only compared with it."""

from __future__ import annotations

from gettext import gettext as _

import click

from sync_scripts.cli.shell import Shell, command, pass_shell


@command(
    "rebuild",
    help=_(
        "Make every table of the register anew from the stored submissions, the decisions and the rules. With "
        "--check nothing is changed: every table is compared byte for byte."
    ),
)
@click.option("--check", is_flag=True, help=_("Only compare; exit code 6 if anything is different."))
@pass_shell
def rebuild(shell: Shell, *, check: bool) -> None:
    """Rebuild or compare."""
    from datetime import UTC, datetime

    from sync_scripts.register import rebuild as rebuilding

    with (
        shell.workspace(write=True, command="rebuild") as workspace,
        shell.progress(_("Submissions"), None) as progress,
    ):
        make = rebuilding.check if check else rebuilding.rebuild
        done = make(workspace.register, datetime.now(UTC), progress=progress)
    if check:
        rebuilding.require_same(done)
    document = {
        "schema": "dikalo.rebuild/1",
        "check": check,
        "rows": done.rows,
        "differing": list(done.differing),
    }
    total = sum(done.rows.values())
    if check:
        told = _("The register is what its submissions, decisions and rules give ({total} rows).")
    elif done.differing:
        told = _("The register was made anew ({total} rows). Different before: {tables}.")
    else:
        told = _("The register was made anew ({total} rows). Nothing was different before.")
    shell.show(document, told.format(total=total, tables=", ".join(done.differing)))
