"""Who may do what with the forms of an account, of which it may read only some submissions, and who edited or deleted one. Call by call.

Decides nothing, keeps nothing. What a hook's password is goes no further than the server's answer, and the address of whoever edited is
never read. The history says nothing of late or removed files and answers a question that it does not understand with nothing: it is
never what finds a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.base import Deed
from sync_scripts.servers.http import Call, Client, Sent, path
from sync_scripts.servers.inquiry import batches
from sync_scripts.servers.kobo import shapes
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.rows import ident, instant

ANONYMOUS = "AnonymousUser"
SEND = "add_submissions"
"""What a phone needs, and all that it may do."""
MANAGE = "manage_asset"
"""What a login needs to see and change who may do what."""


class DataSharing(shapes.Shape, frozen=True, kw_only=True):
    """Whether other forms may show this one's answers; no fields = all of them."""

    enabled: bool = False
    fields: tuple[str, ...] = ()


class Facts(shapes.Standing, frozen=True, kw_only=True):
    """One form, as far as rights and lists need it. ``content`` is looked through for names of files only."""

    active: bool = msgspec.field(default=False, name="deployment__active")
    data_sharing: DataSharing = DataSharing()
    content: msgspec.Raw = msgspec.Raw(b"")

    @property
    def manages(self) -> bool:
        """Tell whether the token may manage the form; else the server shows it its own rights, the owner's and the public's."""
        return any(one.codename == MANAGE for one in self.rights)

    @property
    def read_whole(self) -> bool:
        """Tell whether the token may read every submission; a server that says nothing of rights is taken at its count."""
        return shapes.reads_whole(self.rights)

    def asks_for(self, file: str) -> bool:
        """Tell whether the form names a file."""
        return f'"{file}"'.encode() in bytes(self.content) or f" {file}".encode() in bytes(self.content)


class Hook(shapes.Shape, frozen=True, kw_only=True):
    """An address to which the server sends every new submission."""

    active: bool = False
    auth_level: str = ""
    endpoint: str = ""


class _Hooks(shapes.Shape, frozen=True, kw_only=True):
    results: tuple[Hook, ...] = ()


class Pair(shapes.Shape, frozen=True, kw_only=True):
    """Answers of another form that phones of this one get."""

    filename: str = ""


class _Pairs(shapes.Shape, frozen=True, kw_only=True):
    results: tuple[Pair, ...] = ()


class _Dated(shapes.Shape, frozen=True, kw_only=True):
    count: int = 0
    results: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """Rights and roads of an account's forms. Every method raises what `Client.json` raises.

    Attributes:
        account: its calls, with the token of one role.
    """

    account: Account

    def uids(self) -> Iterator[str]:
        """Yield the deployed forms that the account sees."""
        yield from (one.uid for one in self.account.deployed())

    def archived(self) -> Iterator[str]:
        """Yield the archived forms that the account sees: phones get nothing of them, and what was sent with them stays."""
        yield from (one.uid for one in self.account.surveys() if one.deployment_status == "archived")

    def facts(self, uid: str) -> Facts:
        """Return one form."""
        return self._client.json(Call(_asset(uid)), Facts)

    def assigned(self, uid: str) -> tuple[shapes.Assigned, ...] | None:
        """Return who may do what with a form, None where the account may not see it; see `Facts.manages`."""
        answer = self._client.answer(Call(_asset(uid, "permission-assignments"), accept=(403, 404)))
        return None if answer.status in {403, 404} else answer.json(tuple[shapes.Assigned, ...])

    def allow(self, uid: str, user: str, right: str = SEND) -> None:
        """Give an account that exists a right on a form; twice is once."""
        body = {
            "user": self._client.url_of(path("api", "v2", "users", user) + "/"),
            "permission": self._client.url_of(path("api", "v2", "permissions", right) + "/"),
        }
        where = _asset(uid, "permission-assignments")
        self._client.json(Call(where, "POST", sent=Sent.json(body), repeatable=True), shapes.Anything)

    def take(self, uid: str, assignment: str) -> None:
        """Take a right away; one that is gone is no error."""
        where = _asset(uid, "permission-assignments", assignment)
        self._client.answer(Call(where, "DELETE", accept=(404,), repeatable=True))

    def exists(self, user: str) -> bool:
        """Tell whether an account of this name exists."""
        answer = self._client.answer(Call(path("api", "v2", "users", user) + "/", accept=(404,)))
        return answer.status != 404

    def hooks(self, uid: str) -> tuple[Hook, ...] | None:
        """Return the hooks of a form, None where the account may not see them."""
        answer = self._client.answer(Call(_asset(uid, "hooks"), accept=(403, 404)))
        return None if answer.status in {403, 404} else answer.json(_Hooks).results

    def pairs(self, uid: str) -> tuple[Pair, ...] | None:
        """Return the paired data of a form, None where the account may not see them."""
        answer = self._client.answer(Call(_asset(uid, "paired-data"), accept=(403, 404)))
        return None if answer.status in {403, 404} else answer.json(_Pairs).results

    def before(self, uid: str, day: str) -> int:
        """Return how many submissions came before a day, as the server's clock, or the sender, dated them."""
        params: dict[str, str | int] = {
            "query": f'{{"_submission_time":{{"$lt":"{day}"}}}}',
            "limit": 1,
            "fields": '["_id"]',
        }
        return self._client.json(Call(_asset(uid, "data"), params=params), _Dated).count

    def page(self, uid: str, limit: int) -> tuple[int, int]:
        """Return how many rows a question for ``limit`` of them brings, and how many there are."""
        params: dict[str, str | int] = {"limit": limit, "fields": '["_id"]'}
        found = self._client.json(Call(_asset(uid, "data"), params=params), _Dated)
        return len(found.results), found.count

    @property
    def _client(self) -> Client:
        return self.account.client


def _asset(uid: str, *rest: str) -> str:
    return path("api", "v2", "assets", uid, *rest) + "/"


@dataclass(slots=True)
class Partly:
    """What is known of the rights of one account.

    Attributes:
        account: its calls.
    """

    account: Account
    _me: str = ""
    _list: bool = False
    _some: dict[str, bool] = field(default_factory=dict)

    def begin(self, me: str) -> None:
        """Begin anew. ``me`` = whose token it is."""
        self._me, self._list, self._some = me, False, {}

    def listed(self, forms: Iterable[shapes.Asset]) -> list[str]:
        """Return the uids of a list of forms, and remember what it says of rights."""
        found = list(forms)
        self._list = True
        self._some |= {one.uid: False for one in found if _whole(self._me, one)}
        return [one.uid for one in found]

    def among(self, forms: Sequence[str]) -> list[str]:
        """Return those of which the account does not surely read every submission; one that is not shown is none of them.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        if not self._list and any(one not in self._some for one in forms):
            with suppress(NotAllowed, Unreachable):  # then each form says it
                self.listed(self.account.deployed())
        for one in forms:
            if one not in self._some:
                self.now(one)
        return [one for one in forms if self._some[one]]

    def now(self, form: str) -> bool:
        """Ask the form itself whether it is one of them. One that is not shown, or does not answer, may be.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        try:
            detail = self.account.detail(form)
            self._some[form] = detail is not None and not shapes.reads_whole(detail.rights)
        except (NotAllowed, Unreachable):
            self.account.me()
            self._some[form] = True
            return True
        return detail is None or self._some[form]


def _whole(me: str, one: shapes.Asset) -> bool:
    """Tell whether a list says that the account reads every submission of a form: as its owner, or by a right of its own."""
    if one.owner == me:
        return True
    try:
        assigned = msgspec.json.decode(one.permissions, type=tuple[shapes.Assigned, ...])
    except msgspec.MsgspecError:
        return False
    rights = {each.right for each in assigned if each.user == me}
    return shapes.ALL in rights and shapes.SOME not in rights


LINES: Final = 1000
"""Lines asked for at once; the server may show fewer, the newest first."""
PAGES: Final = 50
"""Further questions about one submission in one run; what is older still is told as untold."""
_SECOND: Final = timedelta(seconds=1)
_PROBE: Final = "action:view-data"
_BARE: Final = re.compile(r"[0-9A-Za-z._-]{1,100}")
"""Ids that mean themselves in a question; a phone may give any."""


def who(account: Account, wanted: Iterable[tuple[str, str]]) -> tuple[Deed, ...] | None:
    """Return what was done to these submissions, named by form and root; None where the history cannot be asked.

    A refusal ends the asking: the next form is not tried. Raises what `Client.json` raises.
    """
    found: list[Deed] = []
    probed = False
    for form, roots in batches(wanted):
        bare = [one for one in (root.removeprefix("uuid:") for root in roots) if _BARE.fullmatch(one)]
        if not bare:
            continue
        if not probed:
            probe = account.history(form, _PROBE)
            if probe is None or not probe.count:
                return None
            probed = True
        said = _of(account, form, bare)
        if said is None:
            return None
        found += said
    return tuple(found)


def _of(account: Account, form: str, roots: Sequence[str]) -> list[Deed] | None:
    """Return what was done to some submissions of a form; where more lines are counted than shown, of fewer at once."""
    said = account.history(form, _question(roots), limit=LINES)
    if said is None:
        return None
    if said.count <= len(said.results):
        return [*_deeds(form, said.results)]
    if len(roots) == 1:
        return _of_one(account, form, roots[0], said)
    found: list[Deed] = []
    for some in (roots[: len(roots) // 2], roots[len(roots) // 2 :]):
        deeds = _of(account, form, some)
        if deeds is None:
            return None
        found += deeds
    return found


def _of_one(account: Account, form: str, root: str, said: shapes.History) -> list[Deed] | None:
    """Return what was done to one submission with more lines than a page, page by page back in time.

    A time is shown in whole seconds and kept finer, so the second at the edge of a page is asked for once more. What is not
    reached, because the pages are too many or one second has more lines than a page, is told as untold.
    """
    found: list[shapes.HistoryLine] = []
    edge: datetime | None = None
    for _page in range(PAGES):
        found += said.results
        if said.count <= len(said.results):
            return [*_deeds(form, found)]
        reached = min(filter(None, map(_at, said.results)), default=None)
        if reached is None or (edge is not None and reached + _SECOND >= edge):
            break
        edge = reached + _SECOND
        before = account.history(form, _question([root], edge), limit=LINES)
        if before is None:
            return None
        said = before
    oldest = min(filter(None, map(_at, found)), default=None)
    left = [Deed(form, ident(root), "untold", "", oldest)] if oldest else []
    return [*left, *_deeds(form, found)]


def _question(roots: Sequence[str], before: datetime | None = None) -> str:
    named = " OR ".join(f'metadata__submission__root_uuid:"{one}"' for one in roots)
    asked = f"(action:modify-submission OR action:delete-submission) AND ({named})"
    return f'{asked} AND date_created__lt:"{before:%Y-%m-%dT%H:%M:%SZ}"' if before else asked


def _at(one: shapes.HistoryLine) -> datetime | None:
    return instant(one.date_created.removesuffix("Z"))


def _deeds(form: str, lines: Iterable[shapes.HistoryLine]) -> Iterator[Deed]:
    """Yield edits and deletions; a line with a status is a review, which the rows themselves say better."""
    for one in lines:
        about, at = one.metadata.submission, _at(one)
        if at is None or not about.root:
            continue
        if one.action == "delete-submission":
            yield Deed(form, ident(about.root), "deleted", one.username, at)
        elif one.action == "modify-submission" and about.status is msgspec.UNSET:
            yield Deed(form, ident(about.root), "edited", one.username, at)
