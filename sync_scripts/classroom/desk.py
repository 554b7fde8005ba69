"""What a running classroom knows: its address, its forms, its inbox, what has come in so far, and which lists it hands out.

No answers, and never the lists of a real workspace.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from sync_scripts import config
from sync_scripts.classroom.disk import folder_name
from sync_scripts.classroom.inbox import WORKSPACE_SIGNS, Inbox
from sync_scripts.classroom.protocol import Shelf
from sync_scripts.errors import DikaloError
from sync_scripts.store.errors import WorkspaceMixed
from sync_scripts.store.workspace import unlock
from xlsform.pack import forms_root

LONG: Final = 13
"""Signs of the code in the address that is scanned: 65 bits, which nobody guesses."""
SHORT: Final = 6
"""Signs of the one that is typed: 30 bits."""
_SHOWN = 8
"""How many of the last submissions the start page lists."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One submission that came in: the title of its form and when (aware, UTC).

    ``in_clear``: its form should have sealed it on the phone, and it came readable.
    """

    title: str
    at: datetime
    in_clear: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many submissions are in the inbox, by title of form, and the last ones, newest first."""

    count: int = 0
    by_title: tuple[tuple[str, int], ...] = ()
    last: tuple[Arrival, ...] = ()


@dataclass
class Desk:
    """The one thing that the addresses of a classroom share; threads may use it.

    ``addresses`` are the whole base addresses a phone may use, the likeliest first.
    """

    shelf: Shelf
    inbox: Inbox
    addresses: tuple[str, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _tally: Tally = field(default_factory=Tally, repr=False)

    def __post_init__(self) -> None:
        """Count what an earlier day left in the inbox."""
        titles = {folder_name(form.form_id): form.title for form in self.shelf.forms}
        for one in self.inbox.received():
            self.arrived(Arrival(titles.get(one.form, one.form), one.at))

    @property
    def path(self) -> str:
        """The secret part of the address; the same every day for one inbox, so that phones set up once stay set up."""
        return "/t/" + self._drawn("address")[:LONG]

    @property
    def short_path(self) -> str:
        """The same, short enough to be typed; it opens through a slow door (`codes`), since it could be guessed."""
        return "/t/" + self._drawn("typed address")[:SHORT]

    @property
    def typed(self) -> tuple[str, ...]:
        """The whole base addresses as a person types them."""
        return tuple(one.replace(self.path, self.short_path) for one in self.addresses)

    def _drawn(self, what: str) -> str:
        drawn = hashlib.sha256(f"{what} of {self.inbox.id}".encode()).digest()
        return base64.b32encode(drawn).decode().lower()

    def arrived(self, arrival: Arrival) -> None:
        """Count one more."""
        with self._lock:
            counts = Counter(dict(self._tally.by_title))
            counts[arrival.title] += 1
            last = sorted((arrival, *self._tally.last), key=_when, reverse=True)[:_SHOWN]
            self._tally = Tally(self._tally.count + 1, tuple(sorted(counts.items())), tuple(last))

    def tally(self) -> Tally:
        """Return what has come in so far."""
        with self._lock:
            return self._tally


def _when(arrival: Arrival) -> datetime:
    return arrival.at.astimezone(UTC)


FROM_REGISTER: Final = ("cases.csv", "providers.csv")
"""Files that come from a register and go beside forms."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the lists come from.

    Attributes:
        whose: ``demonstration`` = the lists of a demonstration; ``headings`` = a real workspace, its lists stay here;
            ``empty`` = a folder for forms, which has no register to make lists of; ``forms`` = no workspace, whatever
            lies beside the forms.
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
    signs = {sign for above in (here, *here.parents) for sign in WORKSPACE_SIGNS if (above / sign).is_file()}
    if not signs:
        return Lists("forms")
    if _is_demonstration(root):
        return Lists("demonstration", (config.load(root).publish.folder(root),))
    whose = "empty" if signs == {config.FILE} else "headings"
    return Lists(whose, instead={name: _heading(name) for name in FROM_REGISTER})


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
