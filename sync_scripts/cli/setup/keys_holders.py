"""``dikalo keys rewrap`` and the vault's passphrase: who can open what is sealed, changed while a workspace lives.

Needs a key that opens the vault. Nothing that is sealed is opened or shown but the pages that hold its keys.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.frame.options import (
    ByKey,
    Custody,
    DryRun,
    either,
    holders_option,
    nothing_written,
)
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.cli.setup.passphrases import new_passphrase, paper_key
from sync_scripts.errors import Damaged, Declined, UsageProblem
from sync_scripts.secrets import passphrases, slots
from sync_scripts.store import custody
from sync_scripts.store.database import Register
from sync_scripts.store.health import holder_name
from sync_scripts.store.seal import own_keys
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import Recipients, grouped, make_identity
from sync_scripts.store.vault import NewVault, Rewrapping, changed, lay, unlock_with, waiting

NEW_KEY: Final = "DIKALO_NEW_KEY_FD"
_WITHOUT: Final[dict[str, Holder]] = {"vault": "V", "recovery": "R", "organisation": "O"}
_NEW: Final = "new"


ChangeReason: Final = UsageProblem.declare(
    "DK-Q09",
    "Why are the keys changed? Nothing was changed. Say it with --reason; it stays in the chain of custody.",
)
HolderTwice: Final = UsageProblem.declare(
    "DK-S51",
    "{option} gives a holder a key, and --without {without} takes the same holder away. Nothing was changed. Say one of the "
    "two.",
)
KeysNotHere: Final = UsageProblem.declare(
    "DK-Q10",
    "The keys of a demonstration are published and stay as they are. Nothing was changed. Try it in a workspace of dikalo init.",
)
ChangeUnfinished: Final = Declined.declare(
    "DK-Q11",
    "An earlier change of keys is not finished: {pages} key pages wait. Nothing was changed. Run dikalo keys rewrap without "
    "other options first, with a key that opened before that change.",
)
PagesUnopened: Final = Damaged.declare(
    "DK-Q12",
    "{pages} key pages did not open with this key: they stay as they were, and the keys of before keep counting. Run dikalo keys "
    "rewrap again with another key (--key), and dikalo verify.",
)


@dataclass(frozen=True)
class Asked:
    """What shall change: public keys by holder (None takes one away), and whether V is made anew."""

    keys: Mapping[Holder, str | None]
    vault: bool
    paper: bool

    def __bool__(self) -> bool:
        """Tell whether anything shall change."""
        return bool(self.keys) or self.vault or self.paper


@command("rewrap")
@holders_option
def rewrap(
    shell: Shell,
    *,
    organisation: Annotated[
        str | None, option("--organisation", "Public key of the organisation's head office.", "AGE1…")
    ],
    recovery: Annotated[
        str | None,
        option(
            "--recovery",
            "Public key of a recovery key made elsewhere; new makes one here, shown once, to be written on paper.",
            "AGE1…|new",
        ),
    ],
    vault: Annotated[bool, option("--vault", "Make a new key of the vault, with a new passphrase.")],
    without: Annotated[
        tuple[str, ...],
        option(
            "--without",
            "Take a holder away: what is sealed from now on does not open for it.",
            type=click.Choice(list(_WITHOUT)),
        ),
    ],
    reason: Custody = "",
    by: ByKey,
    dry_run: DryRun,
) -> None:
    """Change holders, or go on with a change that was cut."""
    asked = _asked(organisation, recovery, without, vault=vault)
    if asked and not reason.strip():
        raise ChangeReason
    with unlocked(shell, by, "keys rewrap", seals=not dry_run) as (workspace, key, actor):
        register = workspace.register
        _refuse(register, asked, waiting(register))
        new = _new(register.recipients, asked)
        if dry_run:
            left = waiting(register, new)
            shell.show(_document(new, left, 0, dry_run=True), _planned(new, asked, left))
            return
        work = Rewrapping(unlock_with(shell.root, key), register, key, actor, shell.clock())
        lay(work.keys, register)  # before anything is signed: another laptop may have changed the vault's key
        if asked:
            _pin(shell, work, asked, reason.strip())
        done = _wrap(shell, work)
        ended = work.finish()
        left = waiting(register)
        document = _document(register.recipients, left, done, dry_run=False)
        shell.show(document, _told(register.recipients, done, asked, ended=ended))
    if work.unopened:
        raise PagesUnopened(pages=len(work.unopened))


def _asked(organisation: str | None, recovery: str | None, without: tuple[str, ...], *, vault: bool) -> Asked:
    """Return what shall change.

    Raises:
        HolderTwice: a holder would get a key and be taken away.
    """
    given = {"vault": vault, "recovery": bool(recovery), "organisation": bool(organisation)}
    for name in without:
        if given[name]:
            raise HolderTwice(option=f"--{name}", without=name)
    keys: dict[Holder, str | None] = {_WITHOUT[one]: None for one in without}
    if organisation:
        keys["O"] = organisation.strip()
    paper = (recovery or "").strip().lower() == _NEW
    if recovery and not paper:
        keys["R"] = recovery.strip()
    return Asked(keys, vault, paper)


def _refuse(register: Register, asked: Asked, pages: int) -> None:
    if register.demo:
        raise KeysNotHere
    if asked and register.earlier:
        raise ChangeUnfinished(pages=pages)


def _new(recipients: Recipients, asked: Asked) -> Recipients:
    """Return the holders after the change, as far as their keys are known by now.

    Raises:
        RecipientUnsuitable, TooFewRecipients: what was typed is no key, or too few would be left.
    """
    made = [holder for holder, yes in (("V", asked.vault), ("R", asked.paper)) if yes]
    keys: dict[Any, str | None] = {**asked.keys, **{one: make_identity().public for one in made}}
    return changed(recipients, keys)


def _pin(shell: Shell, work: Rewrapping, asked: Asked, reason: str) -> None:
    """Ask for what only a person can give, then pin the new holders."""
    vault = _new_vault(shell, work) if asked.vault else None
    keys = dict(asked.keys)
    proved: list[Holder] = []
    if vault is not None:
        keys["V"] = vault.identity.public
        proved.append("V")
    if asked.paper:
        keys["R"] = paper_key(shell)
        proved.append("R")
    work.pin(changed(work.register.recipients, keys), reason=reason, vault=vault, proved=proved)


def _new_vault(shell: Shell, work: Rewrapping) -> NewVault:
    typed = _typed(shell)
    return NewVault(make_identity(), typed, work.key.worker or work.actor.code)


def _typed(shell: Shell) -> str:
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    typed = new_passphrase(shell, _("New vault passphrase"), NEW_KEY, asks=asks, key="vault")
    passphrases.accept(typed, "vault")
    return typed


def _wrap(shell: Shell, work: Rewrapping) -> int:
    done = 0
    with shell.progress(_("Key pages"), waiting(work.register)) as tell:
        for _page in work.wrap():
            done += 1
            tell(1)
    return done


def _document(recipients: Recipients, left: int, done: int, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.keys.rewrap/1",
        "holders": [{"code": holder, "public_key": key} for holder, key in recipients.keys],
        "rewrapped": done,
        "left": left,
        "dry_run": dry_run,
    }


def _planned(new: Recipients, asked: Asked, left: int) -> Iterator[str]:
    yield from nothing_written(dry_run=True)
    yield from _holders(new, asked)
    if asked:
        yield ngettext(
            "{n} key page would be written again.", "{n} key pages would be written again.", left
        ).format(n=left)
    elif left:
        yield ngettext(
            "{n} key page waits to be written again.", "{n} key pages wait to be written again.", left
        ).format(n=left)


def _holders(recipients: Recipients, asked: Asked | None = None) -> Iterator[str]:
    yield either(
        _("What is sealed opens for:"), _("What is sealed would open for:"), dry_run=asked is not None
    )
    fresh = (
        {holder for holder, yes in (("V", asked.vault), ("R", asked.paper)) if yes} if asked else set[str]()
    )
    for holder, key in recipients.keys:
        said = _("a new key") if holder in fresh else key
        yield "  " + _("{holder}: {key}").format(holder=holder_name(holder), key=said)


def _told(recipients: Recipients, done: int, asked: Asked, *, ended: bool) -> Iterator[str]:
    if not done and not asked and ended:
        yield _("Every key page is sealed for the holders of now. Nothing was done.")
    else:
        yield ngettext("{n} key page was written again.", "{n} key pages were written again.", done).format(
            n=done
        )
    yield from _holders(recipients)
    if asked:
        yield _(
            "Write this on the paper of the recovery key, in place of what stood there: {fingerprint}"
        ).format(fingerprint=grouped(recipients.fingerprint))
        yield _(
            "Backups and copies of before still open with the keys of before: make a new backup, check it, then destroy the old ones. "
            "Each new holder now proves that the key opens: dikalo vault test, or with --key paper, or --key organisation."
        )


def change_vault_passphrase(shell: Shell, *, dry_run: bool) -> None:
    """Give the vault's key on this machine another passphrase; opens no page and changes no key.

    Raises:
        PassphraseWeak, PassphrasesEqual, WrongPassphrase: as they say.
    """
    with unlocked(shell, ByKey(), "keys passphrase") as (workspace, key, actor):
        if workspace.register.earlier:
            raise ChangeUnfinished(pages=waiting(workspace.register))
        keys = unlock_with(shell.root, key)
        secret = str(key.identity)
        made = own_keys.make(keys, key.worker, _typed(shell), slots.usual_work(), vault=secret)
        if not dry_run:
            line = custody.Entry("KEYS_CHANGED", actor.code, "vault.slot", {"worker": key.worker})
            with workspace.register.writing() as rows:
                custody.append(rows, [line], shell.clock())
            made.write()
    document = {
        "schema": "dikalo.keys.passphrase/1",
        "code": key.worker,
        "replaced": not dry_run,
        "dry_run": dry_run,
    }
    done = _(
        "The vault has a new passphrase on this computer. Copies of keys.json made before still open with the one of before."
    )
    would = _("The vault would have this passphrase on this computer.")
    shell.show(document, [*nothing_written(dry_run=dry_run), either(done, would, dry_run=dry_run)])
