"""``dikalo vault dossier``: the dossier of one case, made in this process and nowhere else. `cases dossier` starts it.

Order: chosen with the vault closed; written down (event and chain); opened; sealed; written down with its hash; put in place.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final

import click

from sync_scripts import texts
from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.options import ByKey
from sync_scripts.cli.frame.shell import Shell, command
from sync_scripts.cli.opening.dossier import (
    DESCRIPTOR,
    Wanted,
    asks,
    nothing_leaves,
    outline,
    shown,
)
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.dossier.document import Header, Opened, document
from sync_scripts.dossier.page import archive, page, sealed
from sync_scripts.errors import NotAllowed, UsageProblem
from sync_scripts.register.case_decisions.openings import may_open
from sync_scripts.register.case_decisions.sharing import Closed, Handing, begin_share, give_share
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.handover.choosing import Choice
from sync_scripts.register.handover.codebook import codebook
from sync_scripts.register.handover.gathered import Gathered
from sync_scripts.secrets import passphrases
from sync_scripts.store import custody
from sync_scripts.store.database import Actor
from sync_scripts.store.durable import make_folder, write_whole
from sync_scripts.store.seal.handover_sealing import recipient_of
from sync_scripts.store.vault import Vault, VaultKey
from sync_scripts.store.workspace import Workspace
from sync_scripts.texts import language

NoLock: Final = UsageProblem.declare(
    "DK-Q05",
    "How shall the file be closed? Nothing was opened. Give the receiver's public key with --recipient, or run it at a "
    "terminal, where a passphrase is drawn and shown; a program hands one over on the descriptor that DIKALO_DOSSIER_FD names.",
)
NobodyLooks: Final = UsageProblem.declare(
    "DK-Q13",
    "With --look somebody reads the page and says whether it may leave, and this is not a terminal (or --json was given). "
    "Nothing was opened. Run it in a terminal, or leave --look out.",
)
NoPlace: Final = UsageProblem.declare(
    "DK-Q14",
    "The folder for the file cannot be made, or nothing may be written into it. Nothing was opened. Name another one with --out.",
)
DossierIncomplete: Final = NotAllowed.declare(
    "DK-Q06",
    "The dossier {reference} is there, but {number} of what belongs into it could not be opened: the list at its end says so. "
    "Run dikalo verify, and do not hand it over before you know why.",
    exit_code=6,
)


@command("dossier")
def dossier(shell: Shell, *, wanted: Wanted, opener: ByKey) -> None:
    """Make it."""
    _make(shell, wanted, opener)


def _make(shell: Shell, wanted: Wanted, opener: ByKey) -> None:
    wanted = wanted.checked()
    if wanted.look and (shell.json or not handed.somebody_types()):
        raise NobodyLooks
    if wanted.recipient is not None:
        recipient_of(wanted.recipient)
    passphrase, drawn = _passphrase(shell, wanted)
    now = shell.clock()
    with unlocked(shell, opener, "cases dossier") as (workspace, key, actor):
        with deciding(workspace.register, actor, now) as by:  # what is stored is built: it may say no
            found, choice = asks(by.rows, wanted, now)
        nothing_leaves(choice, found.code)
        made = _Making(shell, wanted, workspace, actor, now, found, choice)
        opened, document, path = made.run(key, passphrase)
    shell.show(document, [*shown(document), *_told(path, passphrase if drawn else None, wanted)])
    if opened.damaged:
        raise DossierIncomplete(reference=document["reference"], number=len(opened.damaged))


def _passphrase(shell: Shell, wanted: Wanted) -> tuple[str | None, bool]:
    """Return the passphrase of the file, and whether it was drawn here and has to be shown."""
    if wanted.recipient is not None or wanted.clear:
        return None, False
    if shell.handed(DESCRIPTOR):
        handed = shell.secret(_("Passphrase of the file"), descriptor=DESCRIPTOR)
        passphrases.accept(handed, "file")
        return handed, False
    if shell.json or not sys.stderr.isatty():
        raise NoLock
    return passphrases.draw(language()), True


@dataclass
class _Making:
    """One dossier being made."""

    shell: Shell
    wanted: Wanted
    workspace: Workspace
    actor: Actor
    now: datetime
    found: Gathered
    choice: Choice

    def run(self, key: VaultKey, passphrase: str | None) -> tuple[Opened, dict[str, Any], Path]:
        folder = self._folder()
        handing, header = self._handing(), self._header()
        leave = partial(may_open, actor=self.actor, reason=self.wanted.reason)
        with self.workspace.register.reading() as rows:
            words = codebook(rows)
            leave(rows, [one.scope for one in self.choice.wanted(self.found.items)], self.now)
        self._write_begin(handing)
        with Vault(self.workspace.register, key, self.actor, leave=leave, now=self.shell.clock) as opening:
            opened = self._open(opening, handing)
            with spoken(self.wanted.language):
                made = document(self.found, self.choice, opened, words, header)
                data, name = self._pack(made, passphrase)
                text = page(made)
            if self.wanted.look:
                self._look(opening.place(), text)
        digest = hashlib.sha256(data).hexdigest()
        self._write_given(handing, digest)
        path = self._put(folder / name, data)
        return opened, {**self._outline(made), "file": str(path), "file_sha256": digest}, path

    @property
    def reference(self) -> str:
        return self.wanted.reference

    def _handing(self) -> Handing:
        return Handing(
            self.reference,
            self.found.code,
            self.choice.request,
            self.wanted.reason,
            tuple((uid, self.found.names.get(uid, ""), self._agreed_on(uid)) for uid in self.choice.people),
            self.wanted.authorisation,
        )

    def _agreed_on(self, uid: str) -> str:
        """Return the day of the consent on which it rests that somebody gave."""
        purpose = self.choice.request.purpose
        days = (one.given_at for one in self.found.agreed.of(uid).consents if one.purpose == purpose)
        return next((day for day in days if day), "")

    def _header(self) -> Header:
        return Header(
            self.reference,
            self.now,
            self.actor,
            self.wanted.reason,
            self.wanted.authorisation,
            self.wanted.language,
            self.workspace.demo,
        )

    def _write_begin(self, handing: Handing) -> None:
        with deciding(self.workspace.register, self.actor, self.now) as by:
            begin_share(by, handing)

    def _open(self, opening: Vault, handing: Handing) -> Opened:
        opened = Opened()
        request = handing.request
        reason = f"dossier {handing.share}, {request.purpose}, {request.receiver}: {handing.reason}"
        for one in opening.open_items(reason, self.choice.wanted(self.found.items)):
            item = one.item
            if one.problem is not None:
                opened.damaged.append(item.row.partition(":")[0] if item.kind == "row" else "file")
            else:
                opened.take(item.kind, item.row, item.version, (item.key_page, item.item), one.data)
        return opened

    def _look(self, place: Path, text: str) -> None:
        """Show the page in a private place, and ask; what is not answered with a yes does not leave.

        Raises:
            click.Abort: the answer was no; that it was opened stays written down.
        """
        path = place / "dossier.html"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if click.launch(str(path)) != 0:
            self.shell.warn(_("No program shows it here."))
        self.shell.confirm(_("You have read it: may it leave as it is?"), yes=False)
        path.unlink()

    def _pack(self, document: dict[str, Any], passphrase: str | None) -> tuple[bytes, str]:
        name = f"dossier-{self.reference}.zip"
        data = archive(document)
        if self.wanted.clear:
            return data, name
        return sealed(data, passphrase=passphrase, key=self.wanted.recipient), f"{name}.age"

    def _write_given(self, handing: Handing, digest: str) -> None:
        details = {
            "case": handing.case,
            "clear": bool(self.wanted.clear),
            "people": len(handing.people),
            "purpose": handing.request.purpose,
            "receiver": handing.request.receiver,
            "share": handing.share,
        }
        now = self.shell.clock()  # not of the beginning: an override may have run out while the page was read
        with deciding(self.workspace.register, self.actor, now) as by:
            closed: Closed = (
                "clear" if self.wanted.clear else "key" if self.wanted.recipient else "passphrase"
            )
            give_share(by, handing, digest, closed=closed, clear=self.wanted.clear or "")
            custody.append(by.rows, [custody.Entry("SHARED", self.actor.code, digest, details)], now)

    def _folder(self) -> Path:
        """Return the folder of the file, made before anything is opened.

        Raises:
            NoPlace: it cannot be.
        """
        folder = self.wanted.out or self.workspace.out
        try:
            make_folder(folder)
        except OSError:
            raise NoPlace from None
        if not os.access(folder, os.W_OK):
            raise NoPlace
        return folder

    @staticmethod
    def _put(path: Path, data: bytes) -> Path:
        write_whole(path, data)
        return path

    def _outline(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return what is said on the screen: nothing that was opened."""
        told = outline(self.found, self.choice, self.wanted)
        return {**told, "reference": document["reference"], "dry_run": False}


@contextmanager
def spoken(chosen: str) -> Iterator[None]:
    """Speak another language for a while: the dossier's own."""
    before = texts.language()
    texts.speak(chosen)
    try:
        yield
    finally:
        texts.speak(before)


def _told(path: Path, passphrase: str | None, wanted: Wanted) -> Iterator[str]:
    yield ""
    yield _("Written: {file}").format(file=path)
    if wanted.clear:
        yield _("The file is NOT sealed. Whoever finds it reads it: delete it as soon as it was handed over.")
    elif wanted.recipient is not None:
        yield _("Only the holder of the key opens it, with the program age: age -d -i KEY FILE")
    else:
        yield _("It opens with a passphrase, with the program age: age -d FILE")
    if passphrase:
        yield _("Passphrase, shown only now: {passphrase}").format(passphrase=passphrase)
        yield _("Tell it by another road than the file, and write it nowhere beside it.")
    if not wanted.look:
        yield _(
            "Nobody has read it yet, and no program sees whether a story names somebody else. With --look it is shown before it "
            "is closed."
        )
