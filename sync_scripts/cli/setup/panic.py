"""``dikalo panic``: from now on nothing on this computer opens the register; the paper, the head office and a backup bring it back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any, Final

from sync_scripts import config
from sync_scripts.cli.frame.options import DryRun, Yes, nothing_written
from sync_scripts.cli.frame.shell import Shell, command
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.errors import DikaloError
from sync_scripts.secrets import destruction, slots
from sync_scripts.secrets.destruction import Forgotten, SlotsStay, Token
from sync_scripts.secrets.os_keyring import OsKeyring, StillInKeyring

_DAY_AGE: Final = "day.age"
"""As `store.workspace` names it, which is not loaded before everything is destroyed."""


@dataclass(frozen=True, slots=True)
class _Here:
    """What is here before: the settings are None where they cannot be read, which must hold up nothing."""

    root: Path
    workspace: str
    settings: Settings | None
    slots: int
    way_back: bool

    @property
    def servers(self) -> tuple[ServerSettings, ...]:
        """Return the servers that give tokens."""
        return tuple(one for one in self.settings.server if one.kind == "kobo") if self.settings else ()

    @property
    def on_server(self) -> bool:
        """Tell whether the register is on PostgreSQL."""
        return self.settings is not None and bool(self.settings.register.url)


@dataclass(slots=True)
class _Done:
    """What was done.

    Attributes:
        left: names of files that are still there as they were.
        unlocked: the everyday key was kept for a while.
        seconds: until no passphrase and no key that was kept opened anything any more.
        locked: nobody had unlocked the register, so the tokens in it could not be read.
    """

    left: tuple[str, ...]
    forgotten: Forgotten
    unlocked: bool
    seconds: float
    tokens: tuple[Token, ...] = ()
    locked: bool = False


@command("panic")
def panic(shell: Shell, *, yes: Yes, dry_run: DryRun) -> None:
    """Destroy first, then end tokens, then say what remains."""
    here = _here(shell.root)
    if dry_run:
        shell.show(_document(here, None), [*nothing_written(dry_run=True), *_planned(here), *_way_back(here)])
        return
    if not yes:
        for line in (*_planned(here), *_way_back(here)):
            shell.warn(line)
    shell.confirm(_("Destroy now what opens the register on this computer?"), yes=yes)
    began = time.monotonic()
    left = destruction.destroy_slots(here.root)
    held = destruction.taken(here.workspace, here.root)
    seconds = time.monotonic() - began
    # servers and registers are loaded once nothing opens any more
    from sync_scripts.cli.setup import panic_tokens

    entries = panic_tokens.entries(here.settings)
    known = panic_tokens.in_keyring(here.workspace, entries)
    forgotten = destruction.forget(here.root, here.workspace, entries)
    unlocked = held is not None or forgotten.marked
    done = _Done(left, forgotten, unlocked, seconds)
    if here.settings is not None and here.servers:
        shell.say(_("Destroyed. Now the tokens of the servers are ended, where there is a network …"))
        done.tokens = panic_tokens.end(here.root, here.settings, held, known)
        done.locked = held is None
    shell.show(_document(here, done), [*_told(here, done), *_remains(here), *_way_back(here)])
    if forgotten.ring == "stuck" or any(one.why for one in done.tokens):
        shell.attention()
    if left:
        raise SlotsStay(files=", ".join(left))


def _here(root: Path) -> _Here:
    """Look at what is here; a slip in the settings holds up nothing.

    Raises:
        SettingsMissing: neither settings nor slots are here.
    """
    settings, workspace = None, destruction.workspace_of(root)
    try:
        workspace = config.workspace_id(root)
        settings = config.load(root, to_read=True)
    except DikaloError:
        if not (workspace or (root / slots.FILE).exists()):
            raise
    return _Here(root, workspace, settings, destruction.count(root), (root / _DAY_AGE).exists())


def _document(here: _Here, done: _Done | None) -> dict[str, Any]:
    return {
        "schema": "dikalo.panic/1",
        "dry_run": done is None,
        "passphrases": here.slots,
        "left": list(done.left) if done else [],
        "was_unlocked": done.unlocked if done else None,
        "keyring": {"removed": done.forgotten.entries, "state": done.forgotten.ring} if done else None,
        "tokens": [
            {"server": one.server, "ended": one.why is None, "code": one.why.code if one.why else None}
            for one in (done.tokens if done else ())
        ],
        "seconds": round(done.seconds, 3) if done else None,
        "way_back": here.way_back,
    }


def _planned(here: _Here) -> Iterator[str]:
    yield ngettext(
        "{n} passphrase would open nothing on this computer any more. Nothing brings it back.",
        "{n} passphrases would open nothing on this computer any more. Nothing brings them back.",
        here.slots,
    ).format(n=here.slots)
    yield _("The key kept by dikalo unlock, and the entries in the keyring of this computer, would be gone.")
    if here.servers:
        yield _(
            "Tokens would be ended at: {servers}. Every computer that uses the same account then needs a new one."
        ).format(servers=", ".join(one.name for one in here.servers))


def _told(here: _Here, done: _Done) -> Iterator[str]:
    yield ngettext(
        "{n} passphrase was destroyed in {seconds} s: nothing on this computer opens the register any more.",
        "{n} passphrases were destroyed in {seconds} s: nothing on this computer opens the register any more.",
        here.slots,
    ).format(n=here.slots, seconds=f"{done.seconds:.2f}")
    if done.unlocked:
        yield _("The key that was kept for a while was forgotten.")
    if done.forgotten.entries:
        yield ngettext(
            "{n} entry was removed from the keyring of this computer.",
            "{n} entries were removed from the keyring of this computer.",
            done.forgotten.entries,
        ).format(n=done.forgotten.entries)
    yield from _ring(here, done.forgotten)
    for one in done.tokens:
        if one.why is None:
            yield _(
                "{server}: the token was ended. Every computer that uses the same account needs a new one."
            ).format(server=one.server)
        else:
            yield _(
                "{server}: the token was not ended ({code}). End it from another computer: whoever has the token still enters."
            ).format(server=one.server, code=one.why.code)
    if here.servers and done.locked:
        yield _(
            "Tokens kept in the register stayed as they are, since nobody had unlocked it. They are sealed here; end them from another "
            "computer: {servers}."
        ).format(servers=", ".join(one.name for one in here.servers))


def _ring(here: _Here, forgotten: Forgotten) -> Iterator[str]:
    service = OsKeyring(here.workspace).service
    if forgotten.ring == "stuck":
        left = StillInKeyring(service=service)
        yield f"{left.code} · {left.words()}"
    elif forgotten.ring == "unasked":
        yield _(
            "The keyring of this computer could not be asked. If a login was kept there, remove the entries {service} in its own window."
        ).format(service=service)


def _remains(here: _Here) -> Iterator[str]:
    yield ""
    yield _("What remains, and for whom:")
    yield "  " + _(
        "- Whoever has this computer: how much there is and since when, dikalo.toml (addresses of servers, codes of workers), and "
        "what lies in the clear (forms, out, printed pages, opened files)."
    )
    yield "  " + _(
        "- Whoever has the recovery key on paper or the organisation's key: everything, here and in the backups."
    )
    yield "  " + _(
        "- Whoever has a backup and the vault passphrase, or an earlier copy of keys.json and a passphrase: what was copied there."
    )
    if here.on_server:
        yield "  " + _(
            "- Whoever has the password of this computer's account on the database server: the register there, levels 0 to 2. "
            "Close that account from another computer."
        )
    yield "  " + _(
        "- A command that is running has the key until it ends, and a disk may keep old blocks. Switch the computer off now."
    )


def _way_back(here: _Here) -> Iterator[str]:
    place = (here.settings.backup.path if here.settings else "") or _("FOLDER")
    yield ""
    yield _("The way back, with the paper (or --key organisation) and a backup:")
    yield f"  dikalo -C {_('NEW-FOLDER')} restore {place} --key paper --as {_('CODE')}"
    yield f"  dikalo -C {_('NEW-FOLDER')} pull"
    if here.on_server:
        yield _(
            "The register is on the database server: the other computers of the team go on. To work here again, install the backup as above."
        )
    elif here.way_back:
        yield _(
            "What is newer than the backup stays here, sealed. The paper reads it in this folder: dikalo vault open CODE --key paper "
            "--reason TEXT --as CODE."
        )
    else:
        yield _(
            "The file day.age is missing here: the paper does not open the register in this folder. What is newer than the backup is lost."
        )
