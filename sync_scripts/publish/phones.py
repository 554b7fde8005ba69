"""The accounts of phones, one a person, as the servers hold them: list, add, revoke. Knows a person by a code alone.

What revoking did is looked at afterwards: a server that says yes and leaves the account open is a failure, said aloud.
KoboToolbox has a module of its own. Tokens are handed on and never kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.servers.central.lists import Lists

AccountMissing: Final = UsageProblem.declare(
    "DK-C45",
    "The server {server} has no account {account}. Nothing was done. Accounts of KoboToolbox are made by the person or "
    "by the administrator in a browser; make one that is called {account}, then run the command again.",
)
PhoneUnknown: Final = UsageProblem.declare(
    "DK-C46",
    "No server in dikalo.toml has an open account for the phone {phone}. Nothing was changed. See the codes with "
    "dikalo phones list.",
)
NotRevoked: Final = Unreachable.declare(
    "DK-I60",
    "THE PHONE {phone} IS NOT LOCKED OUT on {servers}: whoever holds it can still fetch the lists and send. Run the "
    "command again at once; if it fails again, close the account in a browser at the server, or telephone its "
    "administrator.",
)
RightsHidden: Final = NotAllowed.declare(
    "DK-I62",
    "The login of the role publish may not see on {server} who may fill these forms: {forms}. So nothing is known of the "
    "phones there, and none can be locked out. Give it the right to manage the project (manage_asset) in a browser, and take a "
    "form that is gone out of dikalo.toml; then run the command again.",
)


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone at one server.

    Attributes:
        server: its name in the settings.
        code: the worker's code (Central), the account (KoboToolbox).
        open: it can fetch and send.
        forms: what it may fill.
        rights: KoboToolbox, what it may do beyond sending; a phone needs none of it.
        last_used: instant of its last submission, as the server says, "" = never or not said.
    """

    server: str
    code: str
    open: bool
    forms: tuple[str, ...]
    rights: tuple[str, ...] = ()
    last_used: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """An account for a phone. ``token`` is a secret, "" where the server has none.

    Attributes:
        server: its name.
        made: the account was made now; else it was there and forms were added at most.
        forms: forms that it may fill from now on and could not before.
        token: what a phone logs in with.
        beyond: KoboToolbox, forms of other teams that it may fill all the same, from before.
    """

    server: str
    made: bool
    forms: tuple[str, ...]
    token: str = field(default="", repr=False)
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revoked:
    """What revoking did at one server.

    Attributes:
        server: its name.
        accounts: how many accounts, or rights on forms, were taken away.
        failure: what stopped it; then the phone may still be let in.
        forms: by which forms, where it is single ones (KoboToolbox).
        absent: forms of teams that a KoboToolbox does not show, so that they are another server's, or hidden; None = no
            such server, or it was not asked to its end.
        held: KoboToolbox, forms on which it had rights, so that their lists are on it.
        archived: KoboToolbox, archived forms of which this login may not see who may fill them: nobody is let in by them now,
            and whoever opens one again may let the phone in.
    """

    server: str
    accounts: int = 0
    failure: DikaloError | None = None
    forms: tuple[str, ...] = ()
    absent: frozenset[str] | None = None
    held: frozenset[str] = frozenset()
    archived: tuple[str, ...] = ()


def settled(done: Iterable[Revoked], servers: int) -> list[Revoked]:
    """Return the same; a form of a team that no KoboToolbox shows counts at each of them as one that may let a phone in.

    Args:
        done: what revoking did at each server.
        servers: how many KoboToolbox the settings have. Unless all were asked, another one may have the form.
    """
    found = list(done)
    asked = [one.absent for one in found if one.absent is not None]
    lost = sorted(frozenset[str].intersection(*asked)) if asked and len(asked) == servers else []
    return [_without(one, lost) if lost and one.absent is not None else one for one in found]


def _without(one: Revoked, forms: Sequence[str]) -> Revoked:
    failure = one.failure or RightsHidden(server=one.server, forms=", ".join(forms))
    return replace(one, failure=failure, forms=(*one.forms, *forms))


class Phones(Protocol):
    """The phones of one server."""

    @property
    def name(self) -> str:
        """Return the server's name."""
        ...

    def listed(self) -> Iterator[Phone]:
        """Yield its phones."""
        ...

    def add(self, code: str, forms: Sequence[str], *, dry_run: bool) -> Added:
        """Give a person an account and these forms; twice is once."""
        ...

    def revoke(self, code: str, *, dry_run: bool) -> Revoked:
        """Lock a phone out, and look whether it is."""
        ...


@dataclass(frozen=True, slots=True)
class CentralPhones:
    """App users of a project. ``lists`` speaks with the login of the role publish."""

    name: str
    lists: Lists

    def listed(self) -> Iterator[Phone]:
        """Yield the app users, closed ones too."""
        forms: dict[int, list[str]] = {}
        for one in self.lists.assignments():
            forms.setdefault(one.actor_id, []).append(one.xml_form_id)
        for phone in self.lists.phones():
            may = tuple(sorted(forms.get(phone.id, ())))
            yield Phone(
                self.name,
                phone.display_name,
                phone.token is not None,
                may,
                last_used=phone.last_used or "",
            )

    def add(self, code: str, forms: Sequence[str], *, dry_run: bool) -> Added:
        """Make the app user if there is none, and assign the published forms among these."""
        there = next((one for one in self.lists.phones() if same(one.display_name, code) and one.token), None)
        known = {one.xml_form_id for one in self.lists.project.published()}
        wanted = [form for form in forms if form in known]
        if there is None:
            if dry_run:
                return Added(self.name, made=True, forms=tuple(wanted))
            made = self.lists.project.add_app_user(code)
            number, token, held = made.id, made.token or "", set[str]()
        else:
            number, token = there.id, there.token or ""
            held = {one.xml_form_id for one in self.lists.assignments() if one.actor_id == number}
        missing = tuple(form for form in wanted if form not in held)
        if not dry_run:
            for form in missing:
                self.lists.project.assign(form, number)
        return Added(self.name, made=there is None, forms=missing, token=token)

    def revoke(self, code: str, *, dry_run: bool) -> Revoked:
        """End every open account of this code."""
        open_now = [one for one in self.lists.phones() if same(one.display_name, code) and one.token]
        if dry_run or not open_now:
            return Revoked(self.name, len(open_now))
        for one in open_now:
            self.lists.project.revoke(one.token or "")
        if any(same(one.display_name, code) and one.token for one in self.lists.phones()):
            return Revoked(self.name, len(open_now), NotRevoked(phone=code, servers=self.name))
        return Revoked(self.name, len(open_now))


def same(one: str, other: str) -> bool:
    """Tell whether two codes are those of one phone."""
    return one.casefold() == other.casefold()
