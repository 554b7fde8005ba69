"""``dikalo lock``: from now on the passphrase is asked again."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts import config
from sync_scripts.cli.frame.shell import Shell, command
from sync_scripts.secrets import kept_key


@command("lock")
def lock(shell: Shell) -> None:
    """End the agent of this workspace and empty the keyring."""
    ended = kept_key.forget(shell.root, config.workspace_id(shell.root))
    words = _("Locked: the passphrase is asked again.") if ended else _("Nothing was unlocked.")
    shell.show({"schema": "dikalo.lock/1", "was_unlocked": ended}, words)
