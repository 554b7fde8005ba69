"""``dikalo publish``: the open cases, out to the phones."""

from __future__ import annotations

from gettext import gettext as _
from gettext import ngettext

from sync_scripts.cli.shell import Shell, command, dry_run_option, pass_shell


@command(
    "publish",
    help=_(
        "Write the list of open cases for the phones. It holds codes, departments, due dates and states, and nothing "
        "else; phones fetch it with their next update."
    ),
)
@dry_run_option
@pass_shell
def publish(shell: Shell, dry_run: bool) -> None:
    """Write ``cases.csv`` into the folder that the settings name."""
    from sync_scripts.publish import publish as write_list

    with shell.workspace(write=not dry_run, command="publish") as workspace:
        folder = workspace.settings.publish.folder(workspace.root)
        done = write_list(workspace.register, folder, dry_run=dry_run)
    count = ngettext("{n} open case", "{n} open cases", done.cases).format(n=done.cases)
    if not done.changed:
        text = _("{count}: the list for the phones was already up to date.").format(count=count)
    elif dry_run:
        text = _("{count}: the list for the phones would change. Nothing was written.").format(count=count)
    else:
        text = _("{count}: the list for the phones is written; they fetch it with their next update.").format(
            count=count
        )
    shell.show(
        {"schema": "dikalo.publish/1", "cases": done.cases, "changed": done.changed, "dry_run": dry_run}, text
    )
