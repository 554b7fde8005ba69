"""``dikalo keys server, passphrase``: logins of servers, and passphrases of workers.

Logins are asked, tried and kept in the encrypted register; none is ever shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Annotated

import click

from sync_scripts.cli.frame.logins import asked, chosen
from sync_scripts.cli.frame.options import DryRun, deed, either, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.setup.keys_holders import change_vault_passphrase
from sync_scripts.cli.setup.passphrases import new_passphrase
from sync_scripts.config import ServerSettings
from sync_scripts.intake.connections import reached, whose
from sync_scripts.secrets import slots
from sync_scripts.store import custody, logins
from sync_scripts.store.day_key import begin, finish
from sync_scripts.store.errors import DayKeyUnfinished
from sync_scripts.store.lock import hold
from sync_scripts.store.logins import ROLES, Kept, Place, Role
from sync_scripts.store.seal import own_keys
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock

NEW_KEY = "DIKALO_NEW_KEY_FD"


@command("server")
def server(
    shell: Shell,
    *,
    name: Annotated[str, place(_("SERVER"))],
    role: Annotated[
        Role,
        option(
            "--role",
            "What the account is for; each command uses the login of its own role and no other.",
            type=click.Choice(ROLES),
            show_default=True,
        ),
    ] = ROLES[0],
    forget: Annotated[bool, option("--forget", "Remove the login that is kept here.")],
    keyring: Annotated[
        bool,
        option(
            "--keyring",
            "Keep it in the keyring of this computer instead: it then opens with your session, without the passphrase.",
        ),
    ],
    dry_run: DryRun,
) -> None:
    """Keep, or forget, one login."""
    with shell.workspace(write=not dry_run, command="keys server") as workspace:
        settings = chosen(workspace.settings.server, name)
        if forget:
            there = logins.where(workspace.register, name, role) is not None
            if not dry_run:
                logins.forget(workspace.register, name, role)
            gone = deed(_("The login was removed."), dry_run=dry_run)
            shell.show(_login_document(name, role, None), gone if there else _("There is none."))
            return
        login = asked(shell, settings, role)
        account = _try(settings, login, workspace.root)
        place: Place = "keyring" if keyring else "workspace"
        if not dry_run:
            logins.keep(workspace.register, name, role, login, place=place)
    words = {
        "workspace": _("The server {server} knows the account {account}. Its login is kept here, encrypted."),
        "keyring": _(
            "The server {server} knows the account {account}. Its login is in the keyring of this computer."
        ),
    }[place]
    if dry_run:
        words = _("The server {server} knows the account {account}. Nothing was kept.")
    shell.show(
        _login_document(name, role, None if dry_run else place), words.format(server=name, account=account)
    )


@command("passphrase")
def passphrase(
    shell: Shell,
    *,
    worker: Annotated[str | None, option("--for", "Code of the worker; without it, your own.", _("CODE"))],
    vault: Annotated[
        bool, option("--vault", "Change the passphrase of the vault, which is asked for first.")
    ],
    remove: Annotated[
        bool, option("--remove", "Take away the passphrase of a worker who works here no more (--for CODE).")
    ],
    dry_run: DryRun,
) -> None:
    """Write one key slot, or take one away."""
    if vault:
        if worker is not None or remove:
            raise click.UsageError(_("The vault has one passphrase here: leave --for or --vault out."))
        change_vault_passphrase(shell, dry_run=dry_run)
        return
    if remove:
        if worker is None:
            raise click.UsageError(_("Whose passphrase? Say it with --for CODE."))
        _remove(shell, slots.worker_code(worker), dry_run=dry_run)
        return

    asks = sys.stdin.isatty() and sys.stderr.isatty()
    with hold(shell.root, "keys passphrase"):
        opened = _opened(shell)
        code = own_keys.as_written(opened, slots.worker_code(worker or opened.worker))
        typed = new_passphrase(
            shell, _("New passphrase of {worker}").format(worker=code), NEW_KEY, asks=asks, key="day"
        )
        made, taken = own_keys.make(opened, code, typed, slots.usual_work()), False
        if not dry_run:
            workspace, now = open_unlocked(opened), shell.clock()
            try:
                actor = workspace.actor()
                taken = own_keys.note(workspace.register, code, actor, now, replaced=made.replaced)
                if made.replaced:
                    opened = _begun(opened, workspace, made, code, now)
            finally:
                workspace.close()
            if made.replaced:
                _finished(shell, opened)
            else:
                made.write()
    replaced = made.replaced
    document = {"schema": "dikalo.keys.passphrase/1", "code": code, "replaced": replaced, "dry_run": dry_run}
    shell.show(
        document,
        _would_give(code) if dry_run else _given(code, opened.worker, replaced=replaced, taken=taken),
    )


def _begun(
    keys: Unlocked, workspace: Workspace, made: own_keys.NewSlots, code: str, now: datetime
) -> Unlocked:
    """Write down that the everyday key is changed, and begin it."""
    entry = custody.Entry("KEYS_CHANGED", workspace.actor().code, "day.key", {"worker": code})
    with workspace.register.writing() as rows:
        custody.append(rows, [entry], now)
    return begin(keys, workspace.register, made)


def _opened(shell: Shell) -> Unlocked:
    """Return the keys of whoever types their passphrase.

    Raises:
        DayKeyUnfinished: an earlier change cannot be brought to its end now; no slot is made beside it.
    """
    keys = finish(shell.again_when_wrong(lambda: unlock(shell.root, secret=shell.secret)))
    if keys.changing is not None:
        raise DayKeyUnfinished
    return keys


def _finished(shell: Shell, keys: Unlocked) -> bool:
    """Write the register again under the new key, or say that this is left to the next command; tell which."""
    if finish(keys).changing is None:
        return True
    left = DayKeyUnfinished()
    shell.warn(f"{left.code} · {left.words()}")
    shell.attention()
    return False


def _remove(shell: Shell, code: str, *, dry_run: bool) -> None:
    """Take a worker's slot away, and change the key that it opened."""
    with hold(shell.root, "keys passphrase"):
        opened = _opened(shell)
        made = own_keys.without(opened, code)
        vault = any(one.key == "vault" and one.worker.casefold() == code.casefold() for one in made.slots)
        ended = True
        if not dry_run:
            workspace = open_unlocked(opened)
            try:
                opened = _begun(opened, workspace, made, code, shell.clock())
            finally:
                workspace.close()
            ended = _finished(shell, opened)
    document = {"schema": "dikalo.keys.passphrase/1", "code": code, "replaced": False, "dry_run": dry_run}
    shell.show(document | {"removed": True}, _removed(code, vault=vault, ended=ended, dry_run=dry_run))


def _removed(code: str, *, vault: bool, ended: bool, dry_run: bool) -> Iterator[str]:
    yield from nothing_written(dry_run=dry_run)
    done = _("The passphrase of {worker} opens nothing here any more, and the everyday key was changed.")
    if not ended:
        done = _(
            "The passphrase of {worker} was removed. Until the register is written again under the new key, an earlier "
            "keys.json with the passphrase of {worker} still opens it."
        )
    would = _("The passphrase of {worker} would open nothing here any more.")
    yield either(done, would, dry_run=dry_run).format(worker=code)
    yield _(
        "Copies that {worker} made before still open with that passphrase. Make a new backup, check it, then destroy the older "
        "copies."
    ).format(worker=code)
    if vault:
        yield _("{worker} also knows the vault passphrase: dikalo keys rewrap --vault --reason TEXT.").format(
            worker=code
        )


def _would_give(worker: str) -> list[str]:
    told = _("{worker} would have this passphrase from now on.")
    return [*nothing_written(dry_run=True), told.format(worker=worker)]


def _given(worker: str, giver: str, *, replaced: bool, taken: bool) -> list[str]:
    """Return that somebody has a passphrase, and what is left to do with one that a colleague gave.

    ``taken``: in the place of one that was their own.
    """
    done = _("{worker} has a new passphrase.") if replaced else _("{worker} has a passphrase of their own.")
    told = [done.format(worker=worker)]
    if taken:
        shown = _(
            "It took the place of the one that {worker} had: everybody sees that for a week (dikalo). Where two people are needed "
            "{worker} and {giver} are one from now on, until a third person gives {worker} another one, which {worker} then changes."
        )
        told.append(shown.format(worker=worker, giver=giver))
    elif worker != giver:
        left = _(
            "{worker} now changes it once, alone at the keyboard (dikalo keys passphrase): until then it proves nobody beside "
            "{giver} where two people are needed."
        )
        told.append(left.format(worker=worker, giver=giver))
    return told


def _try(settings: ServerSettings, login: Kept, root: Path) -> str:
    """Ask the server who this is and whether it shows what the settings name; return the account's name.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    with reached(settings, login, root) as client:
        return whose(settings, client)


def _login_document(name: str, role: str, place: Place | None) -> dict[str, object]:
    kept = place is not None
    return {"schema": "dikalo.keys.server/1", "server": name, "role": role, "kept": kept, "place": place}
