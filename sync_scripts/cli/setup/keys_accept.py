"""``dikalo keys holders``: for whom a register seals, beside what one's passphrase knows; and accepting a change of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.frame.listing import local
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell, yes_option
from sync_scripts.cli.frame.tense import nothing_written
from sync_scripts.store.health import holder_name
from sync_scripts.store.lock import hold
from sync_scripts.store.seal.holders import Seen, accept, lay, seen
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock

__all__ = ["holders"]

_NEW, _KEPT, _GONE = "new", "kept", "gone"


@command("holders")
@click.option(
    "--accept",
    is_flag=True,
    help=_("Believe what the register says now, in a run of your own; it is written down."),
)
@yes_option
@dry_run_option
@pass_shell
def holders(shell: Shell, *, accept: bool, yes: bool, dry_run: bool) -> None:
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
        _document(found, accepted=done, dry_run=dry_run), _lines(found, accepted=done, dry_run=dry_run)
    )
    if not (found.known or done):
        shell.attention()


def _accept(shell: Shell, keys: Unlocked, workspace: Workspace, found: Seen, *, yes: bool) -> None:
    """Show what would be believed, ask, and believe it."""
    if not yes:
        for line in _told(found):
            shell.say(line)
    question = _("Did whoever changed them read you the same fingerprint, by voice?")
    shell.confirm(question, yes=yes)
    accept(keys, workspace.register, found, workspace.actor(), shell.clock())
    lay(shell.root, workspace.register)


def _document(found: Seen, *, accepted: bool, dry_run: bool) -> dict[str, Any]:
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


def _lines(found: Seen, *, accepted: bool, dry_run: bool) -> Iterator[str]:
    yield from nothing_written(dry_run=dry_run)
    yield from _told(found)
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


def _told(found: Seen) -> Iterator[str]:
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
