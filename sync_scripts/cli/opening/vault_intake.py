"""``dikalo vault intake``: open what waited encrypted, with a reason, and take it in like everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.frame.key_options import holders_option, with_key
from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.inflow.pull import learn, lines
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import PROVISIONAL_AFTER
from sync_scripts.intake.encryption.unparking import Content, Parked, ParkedServer, parked
from sync_scripts.intake.places import in_waiting
from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.intake.receive.tagging import Tagger
from sync_scripts.store.database import Register
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.seal import form_keys
from sync_scripts.store.vault import Vault, items_named

__all__ = ["every_key", "intake", "take"]


@command("intake")
@click.option("--form", metavar=_("FORM"), help=_("Of this form alone."))
@click.option(
    "--keep-keys",
    is_flag=True,
    help=_(
        "Keep the everyday keys of forms that are not on this computer, so that its next pulls open by themselves."
    ),
)
@click.option(
    "--reason",
    required=True,
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why; kept in the chain of custody. - asks for it, and no other program sees it."),
)
@with_key
@holders_option
@dry_run_option
@pass_shell
def intake(
    shell: Shell,
    *,
    reason: str,
    form: str | None,
    keep_keys: bool,
    kind: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Open and take in; a dry run only counts, with the everyday passphrase."""
    if not reason.strip():
        raise ReasonNeeded
    if dry_run:
        _count(shell, form)
        return
    with unlocked(shell, kind, as_code, "vault intake", seals=True) as (workspace, key, actor):
        workspace.require_proof(shell.clock())
        learn(shell, workspace)
        with workspace.register.reading() as rows:
            waits = parked(rows, form, Tagger(workspace.register.match_key))
        with Vault(workspace.register, key, actor, leave=None, now=shell.clock) as vault:
            ring = (
                every_key(workspace.register, vault, reason, keep=keep_keys) if waits or keep_keys else None
            )
            done = take(workspace.register, vault, waits, reason, ring) if waits else None
        with workspace.register.reading() as rows:
            left = in_waiting.count(rows)
    report = done.report if done else None
    document = {
        "schema": "dikalo.vault-intake/1",
        "dry_run": False,
        "opened": report.new + report.edited + report.repeats if report else 0,
        "aside": report.quarantined_new if report else 0,
        "waiting": left,
        "pull": report.document() if report else None,
    }
    shell.show(document, list(_lines(document, done)))
    if report is not None and report.needs_person:
        shell.attention()


def _count(shell: Shell, form: str | None) -> None:
    """Say how many would be opened."""
    with shell.workspace() as workspace, workspace.register.reading() as rows:
        tags = Tagger(workspace.register.match_key)
        waits, left = len(parked(rows, form, tags)), in_waiting.count(rows)
    document = {
        "schema": "dikalo.vault-intake/1",
        "dry_run": True,
        "opened": waits,
        "aside": 0,
        "waiting": left,
        "pull": None,
    }
    shell.show(document, _("Would be opened: {count}. Nothing was opened.").format(count=waits))


def take(
    register: Register, vault: Vault, waits: Sequence[Parked], reason: str, ring: Keyring | None = None
) -> Pulled:
    """Take in what waits, opened by this vault: each handful is written down before it is opened."""

    def opening(some: Sequence[Parked]) -> dict[str, Content]:
        return _opened(register, vault, some, reason)

    names = sorted({one.server for one in waits})
    keys = ring or every_key(register, vault, reason)
    way = Way(clock=vault.clock, keys=keys, only=frozenset(one.tag for one in waits))
    until = way.clock() - PROVISIONAL_AFTER
    servers = [
        ParkedServer(name, [one for one in waits if one.server == name], opening, until) for name in names
    ]
    return pull(register, servers, vault.actor, way)


def every_key(register: Register, vault: Vault, reason: str, *, keep: bool = False) -> Keyring:
    """Return every form key there is, those that do not lie here opened; ``keep`` those of the everyday use from now on."""
    ring = Keyring.of(register)
    sealed = [
        (one.key_page, one.item)
        for one in ring.known
        if one.fingerprint not in ring.halves and one.key_page is not None and one.item is not None
    ]
    if not sealed:
        return ring
    with register.reading() as rows:
        items = items_named(rows, sealed)
    opened = {one.item.version: one.data for one in vault.open_items(reason, items)}
    for one in ring.known:
        if keep and one.use == "day" and one.fingerprint in opened:
            form_keys.put_back(register, one, opened[one.fingerprint])
    return Keyring(ring.known, {**ring.halves, **opened}, ring.stamps)


def _opened(register: Register, vault: Vault, some: Sequence[Parked], reason: str) -> dict[str, Content]:
    """Open a handful of submissions: manifests, and files into the vault's private place, still encrypted."""
    owners = {pair: one.tag for one in some for pair in (one.manifest, *one.files)}
    with register.reading() as rows:
        items = [item for item in items_named(rows, list(owners)) if (item.key_page, item.item) in owners]
    manifests: dict[str, bytes] = {}
    files: dict[str, dict[str, Any]] = {}
    for one in vault.open_items(reason, items):
        tag = owners[one.item.key_page, one.item.item]
        if one.problem is not None:
            continue  # it does not open: its submission stays where it is
        if one.path is not None:
            files.setdefault(tag, {})[one.name] = one.path
        else:
            manifests[tag] = one.data
    return {tag: Content(manifest, files.get(tag, {})) for tag, manifest in manifests.items()}


def _lines(document: dict[str, Any], done: Pulled | None) -> Iterator[str]:
    if done is None:
        yield _("Nothing waits to be opened.")
        return
    yield _("Opened and taken in: {count}.").format(count=document["opened"])
    if left := sum(document["waiting"].values()):
        yield _("Still waiting sealed: {count}.").format(count=left)
    yield from lines(done.report)
