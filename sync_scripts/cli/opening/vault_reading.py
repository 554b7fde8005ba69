"""What the vault opens for the program alone: what waited encrypted, the forms of an erasure, the names that a workbook is held against.

``dikalo vault intake`` and ``vault names``. Nothing that was opened is shown to anybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from gettext import gettext as _
from typing import Annotated, Any, Final

import click
import msgspec

from sync_scripts.cli.frame.options import ByKey, DryRun, holders_option, plain
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.inflow.pull import learn, pull_lines
from sync_scripts.cli.opening.vault import unlocked, vault_key
from sync_scripts.errors import Damaged
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import PROVISIONAL_AFTER
from sync_scripts.intake.encryption.unparking import Content, Parked, ParkedServer, parked
from sync_scripts.intake.places import in_waiting
from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.register.purging.redaction import Redaction
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.seal import erasing, form_keys
from sync_scripts.store.vault import Vault, items_named, items_of_scopes


@command("intake")
@holders_option
def intake(
    shell: Shell,
    *,
    form: Annotated[str | None, option("--form", "Of this form alone.", _("FORM"))],
    keep_keys: Annotated[
        bool,
        option(
            "--keep-keys",
            "Keep the everyday keys of forms that are not on this computer, so that its next pulls open by themselves.",
        ),
    ],
    reason: Annotated[
        str,
        plain(
            "--reason",
            "Why; kept in the chain of custody. - asks for it, and no other program sees it.",
            _("TEXT"),
        ),
    ],
    by: ByKey,
    dry_run: DryRun,
) -> None:
    """Open and take in; a dry run only counts, with the everyday passphrase."""
    if not reason.strip():
        raise ReasonNeeded
    if dry_run:
        _count(shell, form)
        return
    with unlocked(shell, by, "vault intake", seals=True) as (workspace, key, actor):
        workspace.require_proof(shell.clock())
        learn(shell, workspace)
        with workspace.register.reading() as rows:
            waits = parked(rows, form)
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
        waits, left = len(parked(rows, form)), in_waiting.count(rows)
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
        return _keys_opened(register, vault, some, reason)

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


def _keys_opened(register: Register, vault: Vault, some: Sequence[Parked], reason: str) -> dict[str, Content]:
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
    yield from pull_lines(done.report)


@dataclass(frozen=True, slots=True)
class Opened:
    """The exact bytes of the forms of one erasure, by scope and instance id, none where nothing is made anew; nobody is shown any of it."""

    raws: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)
    vault: Callable[[], Vault] | None = field(default=None, repr=False)

    def finish(self, register: Register) -> None:
        """Remove the files; where the vault is open anyway, strike the keys of what was erased."""
        erasing.finish(register)
        if self.vault is not None:
            with self.vault():
                pass


def for_erasing(shell: Shell, register: Register, actor: Actor, said: Mapping[str, Any]) -> Opened:
    """Ask for a key, and open every version of a plan of erasure, where there is one; it is written down first.

    Raises:
        NotAllowed: the key is wrong, or nobody can type here.
        ItemDamaged, PageUnopened, SealedFileLost: something does not open.
    """
    plan: Redaction | None = said["seen"].plan
    if plan is None:
        return Opened()
    key = vault_key(shell, said["kind"])
    wanted = {(one.scope, one.instance_id) for one in plan.copies}
    with register.reading() as rows:
        held = items_of_scopes(rows, sorted({scope for scope, _instance in wanted}))
    items = [one for one in held if one.kind == "raw" and (one.scope, one.version) in wanted]
    again = partial(Vault, register, key, actor, leave=None, now=shell.clock)
    with again() as vault:
        opened = vault.open_items(said["reason"].strip(), items)
        raws = {(one.item.scope, one.item.version): one.data for one in opened}
    return Opened(raws, again)


_NAMES: Final = {
    "interview": ("service_name",),
    "person": ("full_name", "nickname"),
    "perpetrator": ("name_alias",),
    "source": ("name",),
}
"""Entity -> the sealed answers that are names."""


NamesUnread: Final = Damaged.declare(
    "DK-W10",
    "{count} sealed records do not open, so not every name is known and the check would miss some. Nothing was "
    "written. Run dikalo verify to see what is damaged.",
)


@command("names")
def names(shell: Shell, *, reason: Annotated[str, plain("--reason")], by: ByKey) -> None:
    """Open every name, and write its marks on standard output: one line of JSON."""
    click.echo(json.dumps(KnownNames(_sealed_names(shell, reason, by)).marks()))


def _sealed_names(shell: Shell, reason: str, by: ByKey) -> set[str]:
    """Return every sealed name of the register.

    Raises:
        NamesUnread: something does not open; what opened before is forgotten.
    """
    found: set[str] = set()
    unread = 0
    with (
        unlocked(shell, by, "vault names") as (workspace, key, actor),
        Vault(workspace.register, key, actor, leave=None, now=shell.clock) as opening,
    ):
        for opened in opening.open_kinds(reason, "row"):
            if opened.problem is None:
                found.update(_names_in(opened.data))
            else:
                unread += 1
    if unread:
        raise NamesUnread(count=unread)
    return found


def _names_in(data: bytes) -> Iterator[str]:
    part = msgspec.json.decode(data)
    for name in _NAMES.get(part["entity"], ()):
        value = part["fields"].get(name)
        if isinstance(value, str):
            yield value
