"""A form onto KoboToolbox: imported in place of the one there, its files exchanged by MD5, then deployed again.

The server gives the form an id and a version of its own; ours travel inside it, as calculated answers. Nothing is ever
deleted but a media file that is being replaced.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from sync_scripts.deploy.package import LISTS, Package
from sync_scripts.deploy.plan import Plan, Standing
from sync_scripts.errors import N_, Attention, Unreachable
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.shapes import AssetDetail

WAITS = 60
"""How often, a second apart, the server is asked whether it is done."""


@dataclass(eq=False, kw_only=True)
class ImportFailed(Unreachable):
    """The server could not read the workbook, or did not finish."""

    code: ClassVar[str] = "DK-F44"
    message: ClassVar[str] = N_(
        "The server {server} did not take the form {form} ({why}). Phones keep the one they have. Check the form with "
        "dikalo forms check --target kobo, then run the command again."
    )
    server: str
    form: str
    why: str


@dataclass(eq=False, kw_only=True)
class FilesNotOnPhones(Unreachable):
    """The server has the form and its files, and phones do not get the files yet."""

    code: ClassVar[str] = "DK-H12"
    message: ClassVar[str] = N_(
        "The server {server} took the form {form} and its pictures and sounds, but does not hand them to phones yet. Look "
        "in some minutes on one phone whether they show; if not, tell the administrator of the server."
    )
    server: str
    form: str


@dataclass(eq=False, kw_only=True)
class FormNotOurs(Attention):
    """The server shows forms of this id, and nothing says that one of them is ours: sending would replace it."""

    code: ClassVar[str] = "DK-F49"
    message: ClassVar[str] = N_(
        "The form {form} was not sent to {server}: forms of this id lie there that belong to another account, or there are "
        "several of them ({forms}), and sending would replace one. Name the one that is yours under forms of this server in "
        "dikalo.toml; if none is, ask the other account to share theirs no longer. Then run the command again."
    )
    form: str
    server: str
    forms: str


@dataclass(frozen=True, slots=True)
class KoboForms:
    """The forms of one account, for writing.

    Attributes:
        account: its calls, with the token of the role deploy.
        known: asset uids by form id, as this folder remembers them.
        sent: workbooks as they were last sent, by form id, with the version of the asset that came of it.
        sleep: waits so many seconds.
        door: what phones see; None where the settings do not say their address.
        named: uids that the settings call ours.
    """

    account: Account
    known: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    door: Door | None = None
    named: frozenset[str] = frozenset()

    def look(self, package: Package) -> Standing:
        """Return how a form stands there; one that was edited at the server is compared as the server gives it.

        Raises:
            FormNotOurs: there are forms of its id, and which of them is ours is not known.
        """
        asset = self._find(package.form)
        if asset is None:
            return Standing()
        version, workbook = self.sent.get(package.form, ("", b""))
        if not workbook or asset.version_id != version:
            workbook = self.account.workbook(asset.uid)
        files = {one.name: one.md5 for one in self.account.media(asset.uid)}
        deployed = asset.deployed_version_id == asset.version_id and asset.deployment_status == "deployed"
        return Standing(workbook, "", files, asset.uid, published=deployed)

    def carry_out(self, package: Package, made: Plan) -> str:
        """Do what a plan says, and return the asset's uid.

        Raises:
            ImportFailed: the server did not take the workbook.
            FilesNotOnPhones: it took everything, and does not hand the files to phones.
        """
        found = self._find(package.form)
        uid = found.uid if found else ""
        for deed, name in made.deeds:
            if deed in {"create", "replace"}:
                uid = self._import(package, uid)
            elif deed in {"file", "list"}:
                self._put(uid, name, package.files.get(name, LISTS.get(name, b"")))
            elif deed == "publish":
                self._deploy(uid)
        sums = {
            name: hashlib.md5(data, usedforsecurity=False).hexdigest() for name, data in package.files.items()
        }
        if self.door is not None and made.deeds and not self.door.comes_to_show(uid, sums):
            raise FilesNotOnPhones(server=self._server, form=package.form)
        return uid

    def version_of(self, handle: str) -> str:
        """Return the version that the server gave to what it now has."""
        detail = self.account.detail(handle)
        return detail.version_id if detail else ""

    def _find(self, form: str) -> AssetDetail | None:
        """Return the asset of a form: the one this folder remembers, else the one of that form id that is ours.

        Ours is what the settings name, else what the account owns: an account sees what others shared with it too.
        """
        if form in self.known:
            found = self.account.detail(self.known[form])
            if found is not None:
                return found
        details = (self.account.detail(one.uid) for one in self.account.surveys())
        alike = [one for one in details if one is not None and one.form_id == form]
        named = [one for one in alike if one.uid in self.named]
        ours = named or [one for one in alike if one.owner == self.account.known().username]
        if len(ours) == 1 or not alike:
            return next(iter(ours), None)
        raise FormNotOurs(form=form, server=self._server, forms=", ".join(one.uid for one in alike))

    def _import(self, package: Package, uid: str) -> str:
        task = self.account.begin_import(package.workbook, f"{package.form}.xlsx", uid or None)
        for _time in range(WAITS):
            said = self.account.imported(task)
            if said.status == "complete":
                return said.uid or uid
            if said.status == "error":
                raise ImportFailed(server=self._server, form=package.form, why=said.error_type or "error")
            self.sleep(1.0)
        raise ImportFailed(server=self._server, form=package.form, why="timeout")

    def _put(self, uid: str, name: str, content: bytes) -> None:
        for one in self.account.media(uid):
            if one.name == name:
                self.account.drop_media(uid, one.uid)
        self.account.put_media(uid, name, base64.b64encode(content).decode("ascii"))

    def _deploy(self, uid: str) -> None:
        detail = self.account.detail(uid)
        if detail is None:
            raise ImportFailed(server=self._server, form=uid, why="gone")
        self.account.deploy(uid, detail.version_id, again=detail.has_deployment)

    @property
    def _server(self) -> str:
        return self.account.client.server
