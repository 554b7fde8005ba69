"""Who may do what with the forms of an account, and where answers flow besides: rights, hooks, pairs. Call by call.

Decides nothing, keeps nothing. What a hook's password is goes no further than the server's answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from sync_scripts.servers.http import Call, Client, Sent, path
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.shapes import Anything, Assigned, Shape, Standing, reads_whole

ANONYMOUS = "AnonymousUser"
SEND = "add_submissions"
"""What a phone needs, and all that it may do."""
MANAGE = "manage_asset"
"""What a login needs to see and change who may do what."""


class DataSharing(Shape, frozen=True, kw_only=True):
    """Whether other forms may show this one's answers; no fields = all of them."""

    enabled: bool = False
    fields: tuple[str, ...] = ()


class Facts(Standing, frozen=True, kw_only=True):
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
        return reads_whole(self.rights)

    def asks_for(self, file: str) -> bool:
        """Tell whether the form names a file."""
        return f'"{file}"'.encode() in bytes(self.content) or f" {file}".encode() in bytes(self.content)


class Hook(Shape, frozen=True, kw_only=True):
    """An address to which the server sends every new submission."""

    active: bool = False
    auth_level: str = ""
    endpoint: str = ""


class _Hooks(Shape, frozen=True, kw_only=True):
    results: tuple[Hook, ...] = ()


class Pair(Shape, frozen=True, kw_only=True):
    """Answers of another form that phones of this one get."""

    filename: str = ""


class _Pairs(Shape, frozen=True, kw_only=True):
    results: tuple[Pair, ...] = ()


class _Dated(Shape, frozen=True, kw_only=True):
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

    def assigned(self, uid: str) -> tuple[Assigned, ...] | None:
        """Return who may do what with a form, None where the account may not see it; see `Facts.manages`."""
        answer = self._client.answer(Call(_asset(uid, "permission-assignments"), accept=(403, 404)))
        return None if answer.status in {403, 404} else answer.json(tuple[Assigned, ...])

    def allow(self, uid: str, user: str, right: str = SEND) -> None:
        """Give an account that exists a right on a form; twice is once."""
        body = {
            "user": self._client.url_of(path("api", "v2", "users", user) + "/"),
            "permission": self._client.url_of(path("api", "v2", "permissions", right) + "/"),
        }
        where = _asset(uid, "permission-assignments")
        self._client.json(Call(where, "POST", sent=Sent.json(body), repeatable=True), Anything)

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
