"""``dikalo keys server, passphrase, holders``: logins of servers, passphrases of workers, and for whom a shared register seals.

Logins are asked, tried and kept in the encrypted register; none is ever shown. A change of holders is shown beside what
one's passphrase knows, and accepted by a person.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any

import click

from sync_scripts.cli.frame.logins import asked, chosen
from sync_scripts.cli.frame.options import DryRun, Yes, deed, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.setup.keys_holders import change_vault_passphrase
from sync_scripts.cli.setup.passphrases import new_passphrase
from sync_scripts.config import ServerSettings
from sync_scripts.intake.connections import reached, whose
from sync_scripts.register.rules.ruleset import local
from sync_scripts.secrets import slots
from sync_scripts.store import logins
from sync_scripts.store.health import holder_name
from sync_scripts.store.lock import hold
from sync_scripts.store.logins import ROLES, Kept, Place, Role
from sync_scripts.store.seal import own_keys
from sync_scripts.store.seal.holders import Seen, accept, seen
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock

__all__ = ["holders", "passphrase", "server"]


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
    dry_run: DryRun,
) -> None:
    """Write one key slot."""
    if vault:
        if worker is not None:
            raise click.UsageError(_("The vault has one passphrase here: leave --for or --vault out."))
        change_vault_passphrase(shell, dry_run=dry_run)
        return

    asks = sys.stdin.isatty() and sys.stderr.isatty()
    with hold(shell.root, "keys passphrase"):
        opened = shell.again_when_wrong(lambda: unlock(shell.root, secret=shell.secret))
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
            finally:
                workspace.close()
            made.write()
    replaced = made.replaced
    document = {"schema": "dikalo.keys.passphrase/1", "code": code, "replaced": replaced, "dry_run": dry_run}
    shell.show(
        document,
        _would_give(code) if dry_run else _given(code, opened.worker, replaced=replaced, taken=taken),
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


_NEW, _KEPT, _GONE = "new", "kept", "gone"


@command("holders")
def holders(
    shell: Shell,
    *,
    accept: Annotated[
        bool,
        option("--accept", "Believe what the register says now, in a run of your own; it is written down."),
    ],
    yes: Yes,
    dry_run: DryRun,
) -> None:
    """Show the holders, or accept those of now."""
    kept = not (accept or shell.handed("DIKALO_KEY_FD"))
    with hold(shell.root, "keys holders") if accept and not dry_run else nullcontext():
        keys = shell.again_when_wrong(lambda: unlock(shell.root, secret=shell.secret, kept=kept))
        workspace = open_unlocked(keys, any_holders=True)
        try:
            found = seen(keys, workspace.register)
            done = accept and not found.known and not dry_run
            if done:
                _accept(shell, keys, workspace, found, yes=yes)
        finally:
            workspace.close()
    shell.show(
        _holders_document(found, accepted=done, dry_run=dry_run),
        _holder_lines(found, accepted=done, dry_run=dry_run),
    )
    if not (found.known or done):
        shell.attention()


def _accept(shell: Shell, keys: Unlocked, workspace: Workspace, found: Seen, *, yes: bool) -> None:
    """Show what would be believed, ask, and believe it."""
    if not yes:
        for line in _accepted(found):
            shell.say(line)
    question = _("Did whoever changed them read you the same fingerprint, by voice?")
    shell.confirm(question, yes=yes)
    accept(keys, workspace.register, found, workspace.actor(), shell.clock())


def _holders_document(found: Seen, *, accepted: bool, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.keys.holders/1",
        "holders": [
            {"code": holder, "public_key": key, "state": state} for holder, key, state in _compared(found)
        ],
        "fingerprint": found.now.fingerprint,
        "here": [found.here],
        "changes": [{"at": one.at, "actor": one.actor, "reason": one.reason} for one in found.changes],
        "known": found.known or accepted,
        "accepted": accepted,
        "dry_run": dry_run,
    }


def _compared(found: Seen) -> Iterator[tuple[str, str, str]]:
    """Yield holder, public key and how it stands to what this laptop believes."""
    before = found.now if found.known else found.was
    was = set(before.keys) if before else set()
    for pair in found.now.keys:
        yield (*pair, _KEPT if pair in was else _NEW)
    yield from ((*pair, _GONE) for pair in sorted(was - set(found.now.keys)))


def _holder_lines(found: Seen, *, accepted: bool, dry_run: bool) -> Iterator[str]:
    yield from nothing_written(dry_run=dry_run)
    yield from _accepted(found)
    if accepted:
        yield _("Your passphrase knows them from now on.")
        if found.was and found.was.only("V") != found.now.only("V"):
            yield _(
                "The vault's key is another one: the vault passphrase of this laptop opens nothing that is written from now on. "
                "The vault opens where it was changed, with the paper, or with the head office's key."
            )
    elif not found.known:
        yield _(
            "If it is the same that the colleague who changed it reads to you, accept it: dikalo keys holders --accept."
        )


def _accepted(found: Seen) -> Iterator[str]:
    """Yield the holders with their keys, and both fingerprints where they differ."""
    words = {_NEW: _("new"), _KEPT: _("as before"), _GONE: _("no longer")}
    yield _("What is sealed opens for:")
    for holder, key, state in _compared(found):
        told = _("{holder}: {key}").format(holder=holder_name(holder), key=key)  # type: ignore[arg-type]  # as in Recipients
        yield f"  {told}" + ("" if found.known else f" ({words[state]})")
    yield _("Fingerprint of these keys: {fingerprint}").format(fingerprint=grouped(found.now.fingerprint))
    if found.known:
        return
    yield _("Your passphrase knows: {fingerprint}").format(fingerprint=grouped(found.here))
    for change in found.changes:
        yield _("Changed on {when} by {who}: {reason}").format(
            when=local(change.at), who=change.actor, reason=change.reason or "-"
        )
