"""``dikalo vault``: open what is sealed, with a reason, written down first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from sync_scripts import config
from sync_scripts.cli.frame.handed import somebody_types
from sync_scripts.cli.frame.options import ByKey, Custody, holders_option
from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option, place
from sync_scripts.cli.opening.opening import listen_to, opened_lines, sound
from sync_scripts.cli.work import alert_page, case_page
from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.register.case_decisions.openings import may_open, require_openable, stays_closed
from sync_scripts.register.history.erasures import labels_of, replaced, scopes_of
from sync_scripts.register.model.codes import read
from sync_scripts.register.queries import pages
from sync_scripts.secrets.passphrases import draw
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import draft, make_folder
from sync_scripts.store.errors import (
    HoldersOther,
    HoldersUncompared,
    ItemDamaged,
    NothingSealed,
    ReasonNeeded,
)
from sync_scripts.store.health import holder_name
from sync_scripts.store.lock import hold
from sync_scripts.store.seal.holders import know_holders
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.seal.sealing import grouped, new_scope
from sync_scripts.store.vault import (
    OpenedItem,
    Vault,
    VaultKey,
    by_identity,
    by_passphrase,
    items_named,
    items_of_scopes,
    safe_name,
    unlock_with,
)
from sync_scripts.store.workspace import Workspace, open_unlocked, proofs, write_proofs
from sync_scripts.texts import language

DESCRIPTOR = "DIKALO_VAULT_FD"
SHOWN = ("row", "file", "quarantine", "test")


WhoOpens: Final = UsageProblem.declare(
    "DK-C22",
    "The recovery key and the organisation's key belong to no worker, and an opening is written down with who did "
    "it. Nothing was opened. Add --as CODE.",
)
WhatToOpen: Final = UsageProblem.declare(
    "DK-C23",
    "Say what to open: the code of an alert or a case, or --item PAGE/NUMBER as the lists show it. Nothing "
    "was opened.",
)


@command("open")
def open_(
    shell: Shell,
    *,
    code: Annotated[str | None, place(_("[CODE]"))],
    items: Annotated[tuple[str, ...], option("--item", "A single sealed item.", _("PAGE/NUMBER"))],
    reason: Custody,
    raw: Annotated[bool, option("--raw", "The exact bytes as received, too.")],
    files: Annotated[
        Path | None, option("--files", "Put opened photos and recordings into this folder.", type=FOLDER)
    ],
    listen: Annotated[bool, option("--listen", "Play the voice messages, and remove them again afterwards.")],
    page: Annotated[bool, option("--page", hidden=True)],
    by: ByKey,
) -> None:
    """Open and show."""
    if not reason.strip():
        raise ReasonNeeded
    if (code is None) == (not items):
        raise WhatToOpen
    with unlocked(shell, by, "vault open", to_read=True) as (workspace, key, actor):
        with workspace.register.reading() as rows:
            wanted, closed = (
                (_named(rows, items), 0) if code is None else _of_code(rows, code, shell.clock(), raw=raw)
            )
            labels = labels_of(rows, shell.lang)
            earlier = replaced(rows, (item.version for item in wanted))
            above = _page(rows, actor, code, shell.lang, shell.clock()) if page and code is not None else []
        if not wanted:
            raise NothingSealed(subject=code or ", ".join(items))
        leave = partial(may_open, actor=actor, reason=reason)
        with Vault(workspace.register, key, actor, leave=leave, now=shell.clock) as opening:
            opened, sounds = [], []
            for item in opening.open_items(reason, wanted):
                opened.append({**_shown(item, labels, files), "replaced": item.item.version in earlier})
                if listen and item.path is not None and (one := sound(item.path, item.name)):
                    sounds.append(one)
            opened.sort(key=lambda one: bool(one["replaced"]))  # what counts now stands first
            problems = [{"code": problem.page, "problem": problem.what} for problem in opening.problems]
            document = {
                "schema": "dikalo.vault-open/1",
                "opened": opened,
                "pages": problems,
                "stays_closed": closed,
            }
            shell.show(document, [*above, *opened_lines(opened, problems, closed, code=code, below=page)])
            if listen:
                listen_to(shell, sounds)
    _fail_on_damage(opened)


@command("test")
@holders_option
def test(shell: Shell, *, by: ByKey) -> None:
    """Seal a word, open it with the holder's own key, keep the day."""
    now, word, place = shell.clock(), draw(), new_scope()
    with unlocked(shell, by, "vault test", seals=True) as (workspace, key, actor):
        with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
            sealer.seal(word.encode(), place, "test", "workspace:test", "-")
            keep(rows, sealer, now, actor)
        with workspace.register.reading() as rows:
            items = items_of_scopes(rows, [place])
        with Vault(workspace.register, key, actor, leave=None, now=shell.clock) as opening:
            (opened,) = opening.open_items("vault test", items)
            holder = opening.holder
        if opened.data != word.encode():
            raise RuntimeError  # what was sealed is not what opens: a fault of the program
        with workspace.register.writing() as rows:
            write_proofs(rows, (holder,), now)
            held = proofs(rows)
    shell.show(
        {
            "schema": "dikalo.vault-test/1",
            "holder": holder,
            "proofs": [{"code": who, "at": at.isoformat()} for who, at in held.items()],
        },
        _("It opens: {holder}.").format(holder=holder_name(holder)),
    )


@contextmanager
def unlocked(
    shell: Shell,
    by: ByKey,
    command: str,
    *,
    to_read: bool = False,
    seals: bool = False,
) -> Iterator[tuple[Workspace, VaultKey, Actor]]:
    """Take the lock, then give the open workspace, the key, and who opens; no everyday passphrase is needed.

    Args:
        shell: asks.
        by: with which key, and who opens.
        command: what the lock says to whoever waits for it.
        to_read: what is opened is only shown; as `config.load`.
        seals: it seals, so a key that was typed needs a person to know for whom.

    Raises:
        HoldersUncompared, HoldersOther: nobody knows for whom, or it is for others.
    """
    config.load(shell.root, to_read=to_read)  # no workspace is said so, before a lock is made in it
    with hold(shell.root, command):
        key = vault_key(shell, by.kind)
        if not key.worker and by.as_code is None:
            raise WhoOpens
        keys = unlock_with(shell.root, key)
        workspace = open_unlocked(keys, any_holders=to_read)
        try:
            if seals:
                _compare(shell, workspace.register)
            if not to_read:
                know_holders(keys, workspace.register)
            yield workspace, key, workspace.actor(by.as_code)
        finally:
            workspace.close()


def _compare(shell: Shell, register: Register) -> None:
    """Where no slot knows for whom the register seals, let a person compare."""
    if register.unsure is not None:
        compare_holders(shell, register.recipients.fingerprint, register.unsure)
        register.unsure = None


def compare_holders(shell: Shell, fingerprint: str, unsure: DikaloError | None = None) -> None:
    """Let a person compare the fingerprint of the holders with that on the paper.

    Raises:
        HoldersUncompared, or what is given for it: nobody can answer here, and nobody gave it.
        HoldersOther: what was given is another one.
    """
    if not shell.holders:
        if shell.json or not somebody_types():
            raise unsure or HoldersUncompared()
        shell.warn(_("Fingerprint of the holders: {fingerprint}").format(fingerprint=grouped(fingerprint)))
        shell.confirm(
            _(
                "Does the same stand on the paper of your recovery key, or does a colleague read you the same?"
            ),
            yes=False,
        )
    elif "".join(shell.holders.split()).lower() != fingerprint:
        raise HoldersOther


def vault_key(shell: Shell, kind: str) -> VaultKey:
    """Ask for one of the keys that open: ``vault`` by its passphrase, ``paper`` and ``organisation`` by themselves.

    Raises:
        NotAllowed: it is wrong, or nobody can type here; see `by_passphrase` and `by_identity`.
    """
    prompt = {"vault": _("Vault passphrase"), "paper": _("Recovery key")}.get(
        kind, _("The organisation's key")
    )

    def ask() -> str:
        given = shell.secret(prompt, descriptor=DESCRIPTOR)
        shell.under_way(_("Opening with it …"))
        return given

    def key() -> VaultKey:
        return by_passphrase(shell.root, ask) if kind == "vault" else by_identity(ask())

    return shell.again_when_wrong(key, descriptor=DESCRIPTOR)


def _page(rows: Rows, actor: Actor, code: str, lang: str, now: datetime) -> list[str]:
    """Return the page of an alert or a case, and an empty line: it stands above what is opened, and only where it opens."""
    if read(code, "AL") is not None:
        told = alert_page.draw(pages.alert_page(rows, code, actor, lang, now), opening=True)
    else:
        told = case_page.draw(pages.case_page(rows, code, actor, lang, now), opening=True)
    return [*told, ""]


def _of_code(rows: Rows, code: str, now: datetime, *, raw: bool) -> tuple[list[SealedItem], int]:
    """Return what may be opened of an alert or a case, and how much of it stays closed because a person withdrew.

    Raises:
        OpeningStopped: everything does.
    """
    kinds = (*SHOWN, "raw") if raw else SHOWN
    scopes = scopes_of(rows, code)
    require_openable(rows, read(code, "DK") or read(code, "AL") or code, now)
    closed = stays_closed(rows, scopes, now)
    items = [item for item in items_of_scopes(rows, scopes) if item.kind in kinds] if scopes else []
    wanted = [item for item in items if item.scope not in closed]
    return wanted, len(items) - len(wanted)


def _named(rows: Rows, names: Sequence[str]) -> list[SealedItem]:
    """Return single items; the page may be shortened to eight characters or more.

    Raises:
        WhatToOpen: a name is not of the form PAGE/NUMBER.
    """
    pairs = []
    for name in names:
        page, _slash, number = name.partition("/")
        if len(page) < 8 or not page.isalnum() or not number.isdecimal():
            raise WhatToOpen
        pairs.append((page, int(number)))
    return items_named(rows, pairs)


def _shown(opened: OpenedItem, labels: dict[tuple[str, str], str], files: Path | None) -> dict[str, Any]:
    """Return what is shown of an item; a problem stands in the place of its content."""
    item = opened.item
    shown: dict[str, Any] = {
        "code": f"{item.key_page[:8]}/{item.item}",
        "kind": item.kind,
        "row": item.row,
        "version": item.version,
    }
    if opened.problem is not None:
        return {**shown, "problem": opened.problem.code, "words": opened.problem.words()}
    if item.kind == "row":
        return {**shown, "answers": _answers(opened.data, labels)}
    if item.kind == "file":
        return {**shown, "name": opened.name, "file": _put(opened, files)}
    return {**shown, "text": opened.data.decode("utf-8", "replace")}


def _answers(data: bytes, labels: dict[tuple[str, str], str]) -> list[dict[str, str]]:
    part = msgspec.json.decode(data)
    entity, own = part["entity"], part.get("labels", {})
    return [
        {
            "code": field,
            "label": labels.get((entity, field)) or own.get(field, {}).get(language()) or field,
            "value": str(value),
        }
        for field, value in part["fields"].items()
    ]


def _put(opened: OpenedItem, files: Path | None) -> str | None:
    """Put an opened file where it was asked for, under a harmless name, whole and for its owner only; return that name."""
    if files is None or opened.path is None:
        return None
    make_folder(files)
    name = f"{opened.item.key_page[:8]}-{opened.item.item}-{safe_name(opened.name)}"
    with opened.path.open("rb") as source, draft(files) as made:
        shutil.copyfileobj(source, made)
        made.publish(files / name)
    return name


def _fail_on_damage(opened: Sequence[dict[str, Any]]) -> None:
    """End with exit code 6 after everything that opens was shown."""
    for item in opened:
        if "problem" in item:
            raise ItemDamaged(item=item["code"])
