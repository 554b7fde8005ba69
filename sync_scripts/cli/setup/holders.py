"""``dikalo keys holders``: for whom a register seals, beside what one's passphrase knows, and a person who accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from gettext import gettext as _
from typing import Annotated, Any, Literal

from sync_scripts.cli.frame.options import DryRun, Yes, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.opening.vault import vault_key
from sync_scripts.register.rules.ruleset import local
from sync_scripts.store.health import holder_name
from sync_scripts.store.lock import hold
from sync_scripts.store.seal.holders import Seen, accept, follows, seen
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.vault import VaultKey, unlock_with
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock

_NEW, _KEPT, _GONE = "new", "kept", "gone"


@command("holders")
def holders(
    shell: Shell,
    *,
    accept: Annotated[
        bool,
        option("--accept", "Believe what the register says now, in a run of your own; it is written down."),
    ],
    key: Annotated[
        Literal["day", "vault"],
        option(
            "--key",
            "Passphrase that accepts these holders: your everyday one (day), or the vault's and yours (vault).",
            default="day",
            show_default=True,
        ),
    ],
    yes: Yes,
    dry_run: DryRun,
) -> None:
    """Show the holders, or accept those of now."""
    deciding = accept and not dry_run
    kept = not (accept or shell.handed("DIKALO_KEY_FD"))

    def day() -> Unlocked:
        return shell.again_when_wrong(lambda: unlock(shell.root, secret=shell.secret, kept=kept))

    with hold(shell.root, "keys holders") if deciding else nullcontext():
        vault = vault_key(shell, "vault") if key == "vault" else None
        keys = day() if vault is None else unlock_with(shell.root, vault)
        found, done = _looked(shell, keys, vault, accept=deciding, yes=yes)
        if vault is not None and deciding and (shell.handed("DIKALO_KEY_FD") or sys.stdin.isatty()):
            _looked(shell, day(), vault, accept=True, yes=True)  # they were compared just now
    shell.show(
        _holders_document(found, accepted=done, dry_run=dry_run),
        _holder_lines(found, accepted=done, dry_run=dry_run),
    )
    if not (found.known or done):
        shell.attention()


def _looked(
    shell: Shell, keys: Unlocked, vault: VaultKey | None, *, accept: bool, yes: bool
) -> tuple[Seen, bool]:
    """Return how the register's holders stand to what a slot knows, and whether they were accepted."""
    workspace = open_unlocked(keys, any_holders=True)
    try:
        found = seen(keys, workspace.register)
        secret = str(vault.identity) if vault and vault.public in found.now.only("V") else ""
        done = accept and not (found.known and follows(keys, secret))
        if done:
            _accept(shell, keys, workspace, found, secret, yes=yes)
    finally:
        workspace.close()
    return found, done


def _accept(
    shell: Shell, keys: Unlocked, workspace: Workspace, found: Seen, vault: str, *, yes: bool
) -> None:
    """Show what would be believed, ask, and believe it."""
    if not yes:
        for line in _accepted(found):
            shell.say(line)
    question = _("Did whoever changed them read you the same fingerprint, by voice?")
    shell.confirm(question, yes=yes)
    accept(keys, workspace.register, found, workspace.actor(), shell.clock(), vault=vault)


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
