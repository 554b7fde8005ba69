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
from sync_scripts.errors import N_, Unreachable
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


@dataclass(frozen=True, slots=True)
class KoboForms:
    """The forms of one account, for writing.

    Attributes:
        account: its calls, with the token of the role deploy.
        known: asset uids by form id, as this folder remembers them.
        sent: workbooks as they were last sent, by form id, with the version of the asset that came of it.
        sleep: waits so many seconds.
        door: what phones see; None where the settings do not say their address.
    """

    account: Account
    known: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    door: Door | None = None

    def look(self, package: Package) -> Standing:
        """Return how a form stands there; one that was edited at the server is compared as the server gives it."""
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
        """Return the asset of a form: the one this folder remembers, else the one whose settings name the form."""
        if form in self.known:
            found = self.account.detail(self.known[form])
            if found is not None:
                return found
        for one in self.account.surveys():
            detail = self.account.detail(one.uid)
            if detail is not None and detail.form_id == form:
                return detail
        return None

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
