"""``dikalo restore``: a workspace made again from a backup, with the paper, the organisation's key or the vault's; or only rehearsed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any

from sync_scripts import config
from sync_scripts.backup import finding, place
from sync_scripts.backup.errors import FilesLacking
from sync_scripts.backup.finding import Found
from sync_scripts.backup.place import Place
from sync_scripts.backup.rehearsal import Rehearsed, rehearse
from sync_scripts.backup.restoring import Restored, Wish
from sync_scripts.backup.restoring import restore as put_back
from sync_scripts.cli.frame.options import AsCode, DryRun, KeyKind, Yes, holders_option, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.frame.shell import place as argument
from sync_scripts.cli.frame.transfer import megabytes, transferring
from sync_scripts.cli.frame.typed import FOLDER
from sync_scripts.cli.opening.vault import DESCRIPTOR, WhoOpens, compare_holders, vault_key
from sync_scripts.cli.setup.passphrases import DAY_DESCRIPTOR, new_passphrase
from sync_scripts.config import Settings
from sync_scripts.register.rules.ruleset import local
from sync_scripts.secrets import slots
from sync_scripts.store import backups, custody
from sync_scripts.store.database import Actor
from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.health import holder_name
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealing import Recipients, grouped
from sync_scripts.store.vault import VaultKey, by_identity, by_slots, unlock_with
from sync_scripts.store.workspace import Workspace, open_unlocked

NEW_KEY = "DIKALO_NEW_KEY_FD"


@dataclass(frozen=True)
class Options:
    """What is typed behind the command."""

    source: Annotated[Path, argument(_("FOLDER"), type=FOLDER)]
    rehearse: Annotated[
        bool,
        option("--rehearse", "Only try: in a scratch folder, compared with this workspace; once a quarter."),
    ]
    url: Annotated[
        str | None,
        option("--database", "Put the register into this empty PostgreSQL, not into a file.", "URL"),
    ]
    kind: KeyKind
    as_code: AsCode
    yes: Yes
    dry_run: DryRun


@command("restore")
@holders_option
def restore(shell: Shell, given: Options) -> None:
    """Restore, or rehearse it."""
    source = place.to_be_read(given.source)
    if not source.id:
        shell.warn(
            _(
                "The mark of this place of backups (the file place) is lost or cannot be read. The backups open without it, but not with "
                "--key vault. Make the next backup at another place."
            )
        )
    if given.rehearse:
        _rehearse(shell, source, given)
        return
    key = _key(shell, source, given.kind)
    found = finding.opened(source, key)
    if given.dry_run:
        with finding.sound(source, found) as (one, _copy, skipped):
            left = _Left(skipped, finding.unopened(source, found, one))
            shell.show(_planned_document(one, len(found), left), _planned(one, len(found), left))
        return
    worker = given.as_code or key.worker
    if not worker:
        raise WhoOpens
    _ask_about_newer(shell, source, found, given)
    day, vault = _new_passphrases(shell, source)
    with transferring(shell, _("Restore"), found[0].head.size) as tell:
        wish = Wish(worker, day, vault, given.url, _compare(shell, key), shell.clock, tell)
        done = put_back(shell.root, source, found, key, wish)
    shell.show(_document(done), _lines(done, worker))
    if done.missing or done.skipped or done.unopened or done.phones_lost:
        shell.attention()


def _ask_about_newer(shell: Shell, source: Place, found: Sequence[Found], given: Options) -> None:
    """Ask before what is there newer, and does not open, is left out: whoever has another key at hand may stop here."""
    if left := finding.unopened(source, found, found[0]):
        shell.warn(_unopened_line(left))
        shell.confirm(
            _("Restore the backup of {at} all the same?").format(at=local(found[0].head.at)), yes=given.yes
        )


def _key(shell: Shell, source: Place, kind: str) -> VaultKey:
    """Ask for the key: of the vault by its passphrase, for which the backup holds the slot."""
    prompts = {"vault": _("Vault passphrase"), "paper": _("Recovery key")}

    def ask() -> str:
        given = shell.secret(prompts.get(kind, _("The organisation's key")), descriptor=DESCRIPTOR)
        shell.under_way(_("Opening with it …"))
        return given

    def opened() -> VaultKey:
        if kind == "vault":
            return by_slots(slots.parse(source.vault) if source.vault else (), ask)
        return by_identity(ask())

    return shell.again_when_wrong(opened, descriptor=DESCRIPTOR)


def _new_passphrases(shell: Shell, source: Place) -> tuple[str, str | None]:
    """Ask for the new everyday passphrase, and for one of the vault where the computer that is gone had one."""
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    day = new_passphrase(shell, _("New everyday passphrase"), DAY_DESCRIPTOR, asks=asks, key="day")
    if not (source.vault and (asks or shell.handed(NEW_KEY))):
        return day, None
    return day, new_passphrase(shell, _("New vault passphrase"), NEW_KEY, asks=asks, key="vault", unlike=day)


def _compare(shell: Shell, key: VaultKey) -> Callable[[Recipients, Settings], None]:
    def compare(recipients: Recipients, _settings: Settings) -> None:
        known = key.pinned is not None and key.pinned.holders == recipients.fingerprint
        if not known and not demo_keys.HOLDERS.issuperset(recipients.keys):
            compare_holders(shell, recipients.fingerprint)

    return compare


def _rehearse(shell: Shell, source: Place, given: Options) -> None:
    """Rehearse beside the workspace of this folder, which keeps the day; or alone, where there is none."""
    beside = (shell.root / config.FILE).is_file()
    if beside:
        key, done = _rehearse_beside(shell, source, given)
    else:
        key = _key(shell, source, given.kind)
        actor = Actor(given.as_code or key.worker or "-", "claimed")
        with tempfile.TemporaryDirectory() as scratch, transferring(shell, _("Rehearsal"), 1) as tell:
            done = rehearse(Path(scratch), source, key, actor, shell.clock, tell=tell)
    shell.show(_rehearsed_document(done), _rehearsed(done))
    if beside:
        _note(shell, key)
    if done.skipped or done.unopened:
        shell.attention()


def _note(shell: Shell, key: VaultKey) -> None:
    """Keep that it was rehearsed; what was found is said by then, whoever else works here."""
    try:
        with shell.turn("restore"), _opened(shell, key) as workspace, workspace.register.writing() as rows:
            backups.write_rehearsed(rows, shell.clock())
    except StoreLocked:
        shell.warn(
            _(
                "The rehearsal was not noted, since another command is working here: the page of the day asks for it again."
            )
        )
        shell.attention()


def _rehearse_beside(shell: Shell, source: Place, given: Options) -> tuple[VaultKey, Rehearsed]:
    """Rehearse, and hold the workspace only while a line is written: typing the key and reading a whole stick keep nobody waiting."""
    config.load(shell.root, to_read=True)
    key = vault_key(shell, given.kind)
    if not key.worker and given.as_code is None:
        raise WhoOpens
    with shell.turn("restore"), _opened(shell, key) as workspace, workspace.register.writing() as rows:
        actor = workspace.actor(given.as_code)
        details = {"rehearsed": True, "proof": actor.proof}
        custody.append(rows, [custody.Entry("VERIFIED", actor.code, "restore", details)], shell.clock())
    with _opened(shell, key) as workspace, transferring(shell, _("Rehearsal"), 1) as tell:
        present = workspace.register
        return key, rehearse(shell.root, source, key, actor, shell.clock, present=present, tell=tell)


@contextmanager
def _opened(shell: Shell, key: VaultKey) -> Iterator[Workspace]:
    """Give the workspace, opened with a holder's key as it is by now."""
    workspace = open_unlocked(unlock_with(shell.root, key))
    try:
        yield workspace
    finally:
        workspace.close()


@dataclass(frozen=True, slots=True)
class _Left:
    """Newer backups that were left out: so many are not whole, and so many do not open with this key."""

    skipped: int
    unopened: int


def _unopened_line(count: int) -> str:
    return ngettext(
        "{n} backup that seems newer does not open with this key: it is sealed for other holders, or damaged. Try the key of "
        "another holder (--key).",
        "{n} backups that seem newer do not open with this key: they are sealed for other holders, or damaged. Try the key of "
        "another holder (--key).",
        count,
    ).format(n=count)


def _copy_line(one: Found, left: _Left) -> Iterator[str]:
    head = one.head
    yield ngettext(
        "Backup of {at}: {size} MB, {n} sealed file.",
        "Backup of {at}: {size} MB, {n} sealed files.",
        head.files,
    ).format(at=local(head.at), size=megabytes(head.size), n=head.files)
    if left.skipped:
        yield ngettext(
            "{n} newer backup is not whole and was left out.",
            "{n} newer backups are not whole and were left out.",
            left.skipped,
        ).format(n=left.skipped)
    if left.unopened:
        yield _unopened_line(left.unopened)


def _planned(one: Found, count: int, left: _Left) -> Iterator[str]:
    yield from nothing_written(dry_run=True)
    yield from _copy_line(one, left)
    yield ngettext("{n} backup opens with this key.", "{n} backups open with this key.", count).format(
        n=count
    )


def _planned_document(one: Found, count: int, left: _Left) -> dict[str, Any]:
    return {"schema": "dikalo.restore/1", "dry_run": True, **_of_copy(one, left), "copies": count}


def _of_copy(one: Found, left: _Left) -> dict[str, Any]:
    said = {"skipped": left.skipped, "unopened": left.unopened}
    return {"at": one.head.at, "number": one.head.number, **said}


def _document(done: Restored) -> dict[str, Any]:
    return {
        "schema": "dikalo.restore/1",
        "dry_run": False,
        **_of_copy(done.found, _Left(done.skipped, done.unopened)),
        "files": done.files,
        "missing": len(done.missing),
        "erased_again": done.erased.scopes,
        "to_be_looked_at": list(done.erased.shared),
        "opened_by": done.holder,
        "fingerprint": done.fingerprint,
        "vault": done.vault,
        "phones_lost": done.phones_lost,
    }


def _lines(done: Restored, worker: str) -> Iterator[str]:
    yield from _copy_line(done.found, _Left(done.skipped, done.unopened))
    yield _(
        "The workspace is here again, opened by: {holder}. {worker} has the new everyday passphrase."
    ).format(holder=holder_name(done.holder), worker=worker)
    if done.missing:
        problem = FilesLacking(count=len(done.missing))
        yield f"{problem.code} · {problem.words()}"
    if done.erased.scopes:
        yield ngettext(
            "{n} thing that was erased since was erased again.",
            "{n} things that were erased since were erased again.",
            done.erased.scopes,
        ).format(n=done.erased.scopes)
    if done.erased.shared:
        yield _(
            "Check these cases and alerts, which also concern other people: {codes}. Exact bytes and unsealed answers of the "
            "forms with the erased person are erased. Sealed answers of other people, and texts about several people, are kept: "
            "they may mention the erased person."
        ).format(codes=", ".join(done.erased.shared))
    yield _("Fingerprint of the holders: {fingerprint}").format(fingerprint=grouped(done.fingerprint))
    if done.vault:
        yield _("The vault has its new passphrase here, too.")
    if done.phones_lost:
        yield _(
            "The administration passwords of phones did not come back: new ones are drawn with the next codes."
        )
    yield _(
        "Next: dikalo verify, then dikalo pull for what came since. Give each colleague a passphrase (dikalo keys passphrase --for "
        "CODE), and change the passwords of the servers if the other computer was taken."
    )


def _rehearsed_document(done: Rehearsed) -> dict[str, Any]:
    return {
        "schema": "dikalo.restore-rehearsal/1",
        **_of_copy(done.found, _Left(done.skipped, done.unopened)),
        "rows": done.rows,
        "opened": done.opened,
        "lacks": {"submissions": done.lacks.arrival, "decisions": done.lacks.events} if done.lacks else None,
    }


def _rehearsed(done: Rehearsed) -> Iterator[str]:
    yield from _copy_line(done.found, _Left(done.skipped, done.unopened))
    yield _("It can be restored: {rows} rows are sound, and {opened} sealed items opened.").format(
        rows=done.rows, opened=done.opened
    )
    if done.lacks is not None:
        yield _("This workspace has more since: {submissions} submissions, {decisions} decisions.").format(
            submissions=done.lacks.arrival, decisions=done.lacks.events
        )
    yield _("Nothing was changed, here or there.")
