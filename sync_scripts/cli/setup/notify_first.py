"""The first destination of messages, written into ``dikalo.toml`` for somebody who has never opened it. Asks; holds no address."""

from __future__ import annotations

from gettext import gettext as _
from typing import Final

import msgspec

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import NotifySettings
from sync_scripts.store.settings_file import amend
from sync_scripts.store.workspace import Workspace

__all__ = ["NAME", "begin"]

NAME: Final = "coordination"
"""Under which it stands in ``dikalo.toml``."""


def begin(shell: Shell, workspace: Workspace) -> None:
    """Offer to name the coordination where the settings do not and a person sits there; else change nothing."""
    named = workspace.settings.notify
    if (
        any(one.role == "coordinator" or one.name == NAME for one in named)
        or shell.json
        or not handed.somebody_types()
    ):
        return
    say = Questions(shell)
    say.tell(
        _(
            "The coordination is not told of urgent alerts yet. It can be: of whatever is critical or high, in every region. "
            "dikalo.toml then says so, without the address."
        )
    )
    if not say.yes(_("Tell the coordination?"), default=True):
        return
    first = NotifySettings(name=NAME, level="high", lang="en" if workspace.settings.lang == "en" else "fr")
    wanted = msgspec.structs.replace(workspace.settings, notify=(*named, first))
    amend(workspace.root, wanted)
    workspace.settings = wanted
