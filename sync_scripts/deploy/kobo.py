"""A form onto KoboToolbox: imported in place of the one there, its files exchanged by MD5, then deployed again.

The server gives the form an id and a version of its own; ours travel inside it, as calculated answers. Nothing is ever
deleted but a media file that is being replaced. What somebody changed there and did not give to phones is never replaced,
and a form that was archived is never opened.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.deploy.package import LISTS, Package
from sync_scripts.deploy.plan import DraftOfOthers, FormArchived, Plan, Standing, md5
from sync_scripts.errors import Attention, NotAllowed, Unreachable
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.shapes import AssetDetail
from xlsform.errors import FormError

_UNSAID: Final = frozenset(("TITLE-CHANGED", "VERSION-NOT-RAISED"))
"""What the workbook that the server writes of a form has otherwise than ours, whatever it asks: bytes and title."""
WAITS = 60
"""How often, a second apart, the server is asked whether it is done."""


ImportFailed: Final = Unreachable.declare(
    "DK-F44",
    "The server {server} did not take the form {form} ({why}). Phones keep the one they have. Check the form with "
    "dikalo forms check --target kobo, then run the command again.",
    of_one_answer=True,
)
FilesNotOnPhones: Final = Unreachable.declare(
    "DK-H12",
    "The server {server} took the form {form} and its files (pictures, sounds, lists), but does not hand them to phones yet. "
    "Run the command again in some minutes; if it says the same, tell the administrator of the server: its background "
    "tasks may stand still.",
    of_one_answer=True,
)
FormNotOurs: Final = Attention.declare(
    "DK-F49",
    "The form {form} was not sent to {server}: forms of this id lie there that belong to another account, or there are "
    "several of them ({forms}), and sending would replace one. Name the one that is yours under forms of this server in "
    "dikalo.toml; if none is, ask the other account to share theirs no longer. Then run the command again.",
)


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
        begun: told the package, the asset and its version as soon as the server has taken a workbook, and of one that lies
            there already, before phones get it.
    """

    account: Account
    known: dict[str, str] = field(default_factory=dict)
    sent: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    door: Door | None = None
    named: frozenset[str] = frozenset()
    begun: Callable[[Package, str, str], None] = lambda _package, _uid, _version: None
    _seen: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By form id, the version that the asset had when it was looked at."""

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
        self._seen[package.form] = asset.version_id
        codes = _differences(workbook, package)
        other = None if codes is None else bool(codes - _UNSAID)
        drafted = asset.edited and asset.version_id != version and other
        if other is False and "VERSION-NOT-RAISED" in (codes or ()):  # only written otherwise, by the server
            workbook = package.workbook
        return Standing(
            workbook if drafted is not None else None,
            version=asset.version_id,
            files={one.name: one.md5 for one in self.account.media(asset.uid)},
            handle=asset.uid,
            published=asset.deployed_version_id == asset.version_id and not self._kept_back(package, asset),
            drafted=drafted is not False,
            archived=asset.archived,
        )

    def carry_out(self, package: Package, made: Plan) -> str:
        """Do what a plan says, and return the asset's uid.

        Raises:
            DraftOfOthers, FormArchived: somebody changed or closed it since it was looked at; it was left alone.
            ImportFailed: the server did not take the workbook.
        """
        found = self._find(package.form)
        uid, version = (found.uid, found.version_id) if found else ("", "")
        if found and made.deeds:
            self._unchanged(package.form, found)
        for deed, name in made.deeds:
            if deed in {"create", "replace"}:
                uid = self._import(package, uid)
                version = self.version_of(uid)
                self.begun(package, uid, version)
            elif deed in {"file", "list"}:
                self._put(uid, name, package.files.get(name, LISTS.get(name, b"")))
            elif deed == "publish":
                if made.deeds[0][0] not in {"create", "replace"}:
                    self.begun(package, uid, version)
                self._deploy(package.form, uid, version)
        return uid

    def on_phones(self, package: Package, handle: str) -> bool:
        """Tell whether phones get what was sent, files too: the server hands those on some time after it took them."""
        return self.door is None or bool(self._shown(self.door, package, handle))

    def _kept_back(self, package: Package, asset: AssetDetail) -> bool:
        """Tell whether phones surely lack files of a form that they get: the server lost what it was to do, and is told again."""
        if self.door is None:
            return False
        try:
            return self._shown(self.door, package, asset.uid) is False
        except (NotAllowed, Unreachable):
            return False

    def _shown(self, door: Door, package: Package, handle: str) -> bool | None:
        """Tell whether phones get its files, and its lists whatever they say by now; None: nobody can tell."""
        sums = {name: md5(data) for name, data in package.files.items()}
        return door.shows(handle, dict.fromkeys(package.lists, "") | sums)

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

    def _unchanged(self, form: str, now: AssetDetail) -> None:
        if self._seen.get(form, now.version_id) != now.version_id:
            raise DraftOfOthers(form=form, server=self._server)
        if now.archived:
            raise FormArchived(form=form, server=self._server)

    def _deploy(self, form: str, uid: str, version: str) -> None:
        """Give phones this very version; one that somebody saved meanwhile is not ours to give."""
        detail = self.account.detail(uid)
        if detail is None:
            raise ImportFailed(server=self._server, form=uid, why="gone")
        if detail.version_id != version:
            raise DraftOfOthers(form=form, server=self._server)
        self.account.deploy(uid, version, again=detail.has_deployment)

    @property
    def _server(self) -> str:
        return self.account.client.server


def _differences(there: bytes, package: Package) -> AbstractSet[str] | None:
    """Return the codes of what lies there otherwise than we send it: a run of ours that was cut leaves just that behind.

    None = it cannot be read.
    """
    from xlsform.compare import compare

    if there == package.workbook:
        return frozenset()
    try:
        changes = compare(there, package.workbook)
        lower = {"VERSION"} if any(one.data.get("old") != one.data.get("new") for one in changes) else set()
        return lower | {one.code for one in changes}
    except FormError:
        return None
