"""``dikalo unlock``: type the passphrase once, and not again for a while. Keeps a key in memory only, unless told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from gettext import gettext as _
from typing import Final

import click

from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.errors import UsageProblem
from sync_scripts.register.rules.clocks import span
from sync_scripts.secrets import agent, kept_key
from sync_scripts.secrets.slots import Unwrapped
from sync_scripts.store.workspace import open_unlocked, read_slots
from sync_scripts.store.workspace import unlock as open_keys

__all__ = ["DurationUnclear", "duration", "unlock"]

LONGEST: Final = timedelta(hours=12)


DurationUnclear: Final = UsageProblem.declare(
    "DK-N22",
    "{given} is no length of time that can be used here. Nothing was done. Write minutes or hours, such as 30m, 2h or "
    "1h30, and no more than 12 hours.",
)
KeyringRefused: Final = UsageProblem.declare(
    "DK-N23",
    "The keyring keeps the key until dikalo lock takes it out, so it knows no time. Nothing was done. Use --for without "
    "--keyring, or --keyring alone.",
)


def duration(text: str) -> timedelta:
    """Return a length of time: ``30m``, ``2h``, ``1h30``; a bare number is minutes.

    Raises:
        DurationUnclear: it is none, or is nothing, or is too long.
    """
    found = re.fullmatch(r"(?:(\d{1,3})h)?(?:(\d{1,4})(?:m(?:in)?)?)?", "".join(text.lower().split()))
    if found is None or not any(found.groups()):
        raise DurationUnclear(given=text.strip()[:20])
    made = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))
    if not timedelta(0) < made <= LONGEST:
        raise DurationUnclear(given=text.strip()[:20])
    return made


@command("unlock")
@click.option(
    "--for",
    "length",
    metavar=_("TIME"),
    help=_("For how long: 30m (if not given), 2h, 1h30; 12 hours at most."),
)
@click.option(
    "--keyring",
    is_flag=True,
    help=_(
        "Keep the key in the keyring of this computer instead, until dikalo lock. Then an unlocked computer is an open "
        "register: not where a computer may be taken."
    ),
)
@pass_shell
def unlock(shell: Shell, *, length: str | None, keyring: bool) -> None:
    """Keep the everyday key for a while."""
    if keyring and length:
        raise KeyringRefused
    wanted = duration(length or "30m")

    opened = shell.again_when_wrong(lambda: open_keys(shell.root, secret=shell.secret))
    document = {"schema": "dikalo.unlock/1", "worker": opened.worker, "keyring": keyring, "demo": opened.demo}
    if opened.demo:
        shell.show(
            document | {"minutes": 0}, _("A demonstration is always open: there is nothing to unlock.")
        )
        return
    open_unlocked(opened).close()  # a key that does not open the register is worth nothing
    key = Unwrapped(opened.day_key, opened.worker, opened.demo, opened.settings.id, opened.pinned)
    held = kept_key.held_of(key, read_slots(shell.root))
    if keyring:
        kept_key.into_keyring(shell.root, held)
    else:
        agent.start(held, wanted.total_seconds())
    minutes = 0 if keyring else int(wanted.total_seconds()) // 60
    shell.show(document | {"minutes": minutes}, _told(wanted, opened.worker, keyring=keyring))


def _told(wanted: timedelta, worker: str, *, keyring: bool) -> Iterator[str]:
    if keyring:
        yield _("The key of {worker} is in the keyring of this computer until dikalo lock.").format(
            worker=worker
        )
    else:
        yield _("Unlocked for {worker}: {span}. dikalo lock ends it.").format(
            worker=worker, span=span(wanted)
        )
