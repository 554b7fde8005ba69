"""The accounts of phones, one a person, as the servers hold them: list, add, revoke. Knows a person by a code alone.

What revoking did is looked at afterwards: a server that says yes and leaves the account open is a failure, said aloud.
Tokens are handed on and never kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from sync_scripts.errors import N_, DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.servers.central.lists import Lists
from sync_scripts.servers.kobo.sharing import ANONYMOUS, MANAGE, SEND, Assigned, Sharing
from sync_scripts.servers.one_address import Addresses

__all__ = [
    "AccountMissing",
    "Added",
    "CentralPhones",
    "KoboPhones",
    "NotRevoked",
    "Phone",
    "PhoneUnknown",
    "Phones",
    "Revoked",
    "RightsHidden",
]


@dataclass(eq=False, kw_only=True)
class AccountMissing(UsageProblem):
    """KoboToolbox has no account of this name, and its interface makes none."""

    code: ClassVar[str] = "DK-C45"
    message: ClassVar[str] = N_(
        "The server {server} has no account {account}. Nothing was done. Accounts of KoboToolbox are made by the person or "
        "by the administrator in a browser; make one that is called {account}, then run the command again."
    )
    server: str
    account: str


@dataclass(eq=False, kw_only=True)
class PhoneUnknown(UsageProblem):
    """No server has a phone of this code."""

    code: ClassVar[str] = "DK-C46"
    message: ClassVar[str] = N_(
        "No server in dikalo.toml has an open account for the phone {phone}. Nothing was changed. See the codes with "
        "dikalo phones list."
    )
    phone: str


@dataclass(eq=False, kw_only=True)
class NotRevoked(Unreachable):
    """A phone's account could not be closed everywhere."""

    code: ClassVar[str] = "DK-I60"
    message: ClassVar[str] = N_(
        "THE PHONE {phone} IS NOT LOCKED OUT on {servers}: whoever holds it can still fetch the lists and send. Run the "
        "command again at once; if it fails again, close the account in a browser at the server, or telephone its "
        "administrator."
    )
    phone: str
    servers: str


@dataclass(eq=False, kw_only=True)
class RightsHidden(NotAllowed):
    """KoboToolbox shows a login who may fill a form only where it may decide that."""

    code: ClassVar[str] = "DK-I62"
    message: ClassVar[str] = N_(
        "The login of the role publish may not see on {server} who may fill these forms: {forms}. So nothing is known of the "
        "phones there, and none can be locked out. Give it the right to manage the project (manage_asset) in a browser, then run "
        "the command again."
    )
    server: str
    forms: str


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
    """

    server: str
    made: bool
    forms: tuple[str, ...]
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Revoked:
    """What revoking did at one server.

    Attributes:
        server: its name.
        accounts: how many accounts, or rights on forms, were taken away.
        failure: what stopped it; then the phone may still be let in.
    """

    server: str
    accounts: int = 0
    failure: DikaloError | None = None


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
        there = next(
            (one for one in self.lists.phones() if _same(one.display_name, code) and one.token), None
        )
        known = {one.xml_form_id for one in self.lists.project.forms()}
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
        open_now = [one for one in self.lists.phones() if _same(one.display_name, code) and one.token]
        if dry_run or not open_now:
            return Revoked(self.name, len(open_now))
        for one in open_now:
            self.lists.project.revoke(one.token or "")
        if any(_same(one.display_name, code) and one.token for one in self.lists.phones()):
            return Revoked(self.name, len(open_now), NotRevoked(phone=code, servers=self.name))
        return Revoked(self.name, len(open_now))


@dataclass(frozen=True, slots=True)
class KoboPhones:
    """Accounts that may send to the forms of an account; they are made and closed elsewhere.

    Attributes:
        name: how the settings call the server.
        sharing: speaks with the token of the role publish; changing rights needs manage_asset.
        forms: uids; none = every deployed form that the account sees.
    """

    name: str
    sharing: Sharing
    forms: tuple[str, ...] = ()

    def listed(self) -> Iterator[Phone]:
        """Yield every account that may send, the owner left out.

        Raises:
            RightsHidden: at the end, when the login may not see it of some form.
        """
        may: dict[str, list[str]] = {}
        beyond: dict[str, set[str]] = {}
        hidden: list[str] = []
        for uid, one in self._assigned(hidden):
            if one.right == SEND:
                may.setdefault(one.user, []).append(uid)
            elif one.right != "view_asset":
                beyond.setdefault(one.user, set()).add(one.right)
        for user, forms in sorted(may.items()):
            rights = tuple(sorted(beyond.get(user, ())))
            yield Phone(self.name, user, open=True, forms=tuple(forms), rights=rights)
        if hidden:
            raise self._hidden(hidden)

    def add(self, code: str, forms: Sequence[str], *, dry_run: bool) -> Added:  # noqa: ARG002 - forms of its own
        """Let an account that exists send, and nothing else.

        Raises:
            AccountMissing: there is no such account.
        """
        account = code.lower()
        if not self.sharing.exists(account):
            raise AccountMissing(server=self.name, account=account)
        given = []
        for uid in self._uids():
            held = self.sharing.assigned(uid) or ()
            if not any(_same(one.user, account) and one.right == SEND for one in held):
                given.append(uid)
                if not dry_run:
                    self.sharing.allow(uid, account)
        return Added(self.name, made=False, forms=tuple(given))

    def revoke(self, code: str, *, dry_run: bool) -> Revoked:
        """Take every right of an account, form by form as they are read, and look whether any is left.

        A form that cannot be reached is told at the end: the phone is locked out of all others before.
        """
        hidden: list[str] = []
        failures: list[DikaloError] = []
        taken, left = 0, False
        addresses = Addresses(self.sharing.account.me)
        for uid in self._uids():
            try:
                held = self._held(uid, code, hidden)
                for one in () if dry_run else held:
                    self.sharing.take(uid, one.uid)
                left = left or bool(held and not dry_run and self._held(uid, code, []))
                taken += len(held)
                addresses.answered()
            except (NotAllowed, Unreachable) as failure:
                addresses.aside(failure)
                failures.append(failure)
        if left:
            failures.insert(0, NotRevoked(phone=code, servers=self.name))
        elif hidden:
            failures.append(self._hidden(hidden))
        return Revoked(self.name, taken, failures[0] if failures else None)

    def _held(self, uid: str, code: str, hidden: list[str]) -> list[Assigned]:
        """Return the rights of an account on a form."""
        return [one for _uid, one in self._assigned_on(uid, hidden) if _same(one.user, code)]

    def _hidden(self, forms: Iterable[str]) -> RightsHidden:
        return RightsHidden(server=self.name, forms=", ".join(forms))

    def _uids(self) -> Iterable[str]:
        return self.forms or tuple(self.sharing.uids())

    def _assigned(self, hidden: list[str]) -> Iterator[tuple[str, Assigned]]:
        """Yield the rights of others; the owner's cannot be taken and are no phone's, the public is not one either.

        A login that may not manage a form is shown its own rights alone, or none: such forms are put into ``hidden``.
        """
        for uid in self._uids():
            yield from self._assigned_on(uid, hidden)

    def _assigned_on(self, uid: str, hidden: list[str]) -> Iterator[tuple[str, Assigned]]:
        facts, assigned = self.sharing.facts(uid), self.sharing.assigned(uid)
        if assigned is None or not any(one.codename == MANAGE for one in facts.rights):
            hidden.append(uid)
        for one in assigned or ():
            if one.user not in {facts.owner, ANONYMOUS}:
                yield uid, one


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
