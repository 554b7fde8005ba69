"""Forms of which an account may read only some submissions: list and count shrink alike, so that neither tells of the others.

A list of forms, one small answer, names the rights of whoever asks, where they were given to the account itself; for all
others the form is asked, which is all of it. A server that says nothing of rights is taken at its count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.shapes import ALL, SOME, Asset, Assigned, reads_whole

__all__ = ["Partly"]


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

    def listed(self, forms: Iterable[Asset]) -> list[str]:
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
            self._some[form] = detail is not None and not reads_whole(detail.rights)
        except (NotAllowed, Unreachable):
            self.account.me()
            self._some[form] = True
            return True
        return detail is None or self._some[form]


def _whole(me: str, one: Asset) -> bool:
    """Tell whether a list says that the account reads every submission of a form: as its owner, or by a right of its own."""
    if one.owner == me:
        return True
    try:
        assigned = msgspec.json.decode(one.permissions, type=tuple[Assigned, ...])
    except msgspec.MsgspecError:
        return False
    rights = {each.right for each in assigned if each.user == me}
    return ALL in rights and SOME not in rights
