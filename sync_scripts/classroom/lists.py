"""Which lists of open cases and providers a classroom hands out. Never those of a real workspace.

A classroom speaks and keeps in clear text, and whoever is on its Wi-Fi may ask it for every file. So the lists of a
workspace go out only when its keys prove it to be a demonstration; in any other workspace phones get the same lists
with their heading alone, which is enough to fill the forms in by typing a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from sync_scripts import config
from sync_scripts.classroom.inbox import WORKSPACE_SIGNS
from sync_scripts.errors import DikaloError
from sync_scripts.store.errors import WorkspaceMixed
from sync_scripts.store.workspace import unlock
from xlsform.pack import forms_root

__all__ = ["FROM_REGISTER", "Lists", "lists_of"]

FROM_REGISTER: Final = ("cases.csv", "providers.csv")
"""Files that come from a register and go beside forms."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the lists come from.

    Attributes:
        whose: ``demonstration`` = the lists of a demonstration; ``headings`` = a real workspace, its lists stay here;
            ``forms`` = no workspace, whatever lies beside the forms.
        folders: looked at before the forms' own files.
        instead: handed out by name, whatever lies in any folder.
    """

    whose: str
    folders: tuple[Path, ...] = ()
    instead: Mapping[str, bytes] = field(default_factory=dict)


def lists_of(root: Path) -> Lists:
    """Return the lists for a classroom that is started in a folder; opens the keys of a demonstration, no register.

    What cannot be shown to be a demonstration counts as real.
    """
    here = root.expanduser().resolve()
    if not any((above / sign).is_file() for above in (here, *here.parents) for sign in WORKSPACE_SIGNS):
        return Lists("forms")
    if _is_demonstration(root):
        return Lists("demonstration", (config.load(root).publish.folder(root),))
    return Lists("headings", instead={name: _heading(name) for name in FROM_REGISTER})


def _is_demonstration(root: Path) -> bool:
    try:
        return unlock(root, secret=_nobody).demo
    except DikaloError:
        return False


def _nobody(_question: str) -> NoReturn:
    """Ask nobody: a workspace that has a passphrase of its own is no demonstration."""
    raise WorkspaceMixed


def _heading(name: str) -> bytes:
    return (forms_root() / "media" / name).read_bytes().partition(b"\n")[0] + b"\n"
