"""The exact bytes of submissions of a KoboToolbox: many by one list, and each alone that a list does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.base import Found, Sighting, Unread
from sync_scripts.servers.http.errors import NotThere
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.listing import ListUnreadable, bare, cut, own_id
from sync_scripts.servers.kobo.rows import parts, place
from sync_scripts.servers.one_address import Addresses

__all__ = ["ROWS_AT_ONCE", "Fetching"]

ROWS_AT_ONCE = 200
"""Submissions named by their numbers in one question: about 2 kB of URL."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """The bytes of one account's submissions.

    Attributes:
        account: its calls.
        doing: how the addresses of each form do in this run; added to.
    """

    account: Account
    doing: dict[str, Addresses]

    def all(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the XML of these versions, in their order, two hundred at a time.

        What the list does not hold is asked for alone; one that is gone, or whose address alone fails, comes back as unread,
        and so do those of a form that are not asked for any more in this run.
        """
        batch: list[Sighting] = []
        for one in sightings:
            if batch and (len(batch) == ROWS_AT_ONCE or parts(one.place)[0] != parts(batch[0].place)[0]):
                yield from self._batch(batch)
                batch = []
            batch.append(one)
        if batch:
            yield from self._batch(batch)

    def _batch(self, batch: Sequence[Sighting]) -> Iterator[Found | Unread]:
        form = parts(batch[0].place)[0]
        addresses = self.doing.setdefault(form, Addresses(self.account.me))
        open_ones = [parts(one.place)[1] for one in batch if not one.barred and not addresses.enough]
        listed = self._listed(form, open_ones, addresses) if open_ones else {}
        for one in batch:
            _form, number, version = parts(one.place)
            content = listed.get(version)
            if one.barred:
                yield Unread(one, one.barred)
            else:
                yield self._alone(one, form, number, addresses) if content is None else _found(one, content)

    def _listed(self, form: str, numbers: Sequence[int], addresses: Addresses) -> dict[str, bytes]:
        """Return what a list of the submissions holds: nothing where one of them makes it fail, while the server answers."""
        try:
            with addresses.asking():
                return cut(self.account.xml_list(form, numbers))
        except ListUnreadable:
            return {}
        except (NotAllowed, Unreachable) as failure:
            addresses.aside(failure)
            return {}

    def _alone(self, one: Sighting, form: str, number: int, addresses: Addresses) -> Found | Unread:
        """Return one that is asked for alone; one that was edited since it was shown is no more what was asked for."""
        if addresses.enough:
            return Unread(one, addresses.code, asked=False)
        try:
            with addresses.asking():
                content = bare(self.account.xml(form, number))
                other = own_id(content) not in {"", one.version}
                edited = other and place(form, self.account.row(form, number)) != one.place
        except (NotAllowed, Unreachable) as failure:
            return Unread(one, addresses.aside(failure))
        addresses.answered()
        return Unread(one, NotThere.code) if edited else _found(one, content)


def _found(one: Sighting, content: bytes) -> Found:
    return Found(
        one,
        content,
        shape="kobo",
        received_at=one.received_at,
        submitter=one.submitter,
        root_id=one.root_id,
    )
