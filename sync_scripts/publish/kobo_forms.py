"""Forms of a KoboToolbox: which a phone is let into and locked out of, form by form, and which got no list, and why.

The settings decide where they name forms. Where they name none, only what the account itself owns and is one of the
organisation's forms is for all; two of one form may be two teams', so nobody is let into either. A phone is called locked
out of what was looked at and found closed, and of nothing else: each other form is named. Keeps no token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.config import TeamSettings
from sync_scripts.errors import Attention, DikaloError, NotAllowed, Unreachable, UsageProblem
from sync_scripts.publish.audiences import PhonesWithoutZone
from sync_scripts.publish.phones import AccountMissing, Added, NotRevoked, Phone, Revoked, RightsHidden, same
from sync_scripts.servers.http.errors import NotThere
from sync_scripts.servers.inquiry import Addresses
from sync_scripts.servers.kobo.shapes import Assigned
from sync_scripts.servers.kobo.sharing import ANONYMOUS, SEND, Sharing


@dataclass(slots=True)
class _Met:
    """What was met on the way through the forms of an account.

    Attributes:
        still: forms on which the phone has rights after they were taken.
        hidden: forms of which the login may not see who may fill them.
        failed: forms that could not be reached, "" = the list of forms, each with its error.
        absent: forms of teams that the server does not show.
    """

    still: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    failed: dict[str, DikaloError] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    def failure(self, server: str) -> DikaloError | None:
        """Return what keeps us from knowing all, the weightiest first."""
        if self.failed:
            return next(iter(self.failed.values()))
        return RightsHidden(server=server, forms=", ".join(self.hidden)) if self.hidden else None

    @property
    def open(self) -> tuple[str, ...]:
        """Return the forms that may still let a phone in."""
        return tuple(dict.fromkeys(form for form in (*self.still, *self.failed, *self.hidden) if form))


@dataclass(frozen=True, slots=True)
class KoboPhones:
    """Accounts that may send to the forms of an account; they are made and closed elsewhere.

    A phone is looked for on every form that the settings name and every deployed one that the account sees: whatever
    forms are published or pulled, it may have been let in by another. It is locked out of archived ones, too.

    Attributes:
        name: how the settings call the server.
        sharing: speaks with the token of the role publish; changing rights needs manage_asset.
        forms: uids of the forms that the settings name for everybody; none = not said.
        beside: uids of forms that are some team's, which another server may have.
        teams: of the settings.
        known: form ids of the organisation.
    """

    name: str
    sharing: Sharing
    forms: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    teams: tuple[TeamSettings, ...] = ()
    known: tuple[str, ...] = ()

    def listed(self) -> Iterator[Phone]:
        """Yield every account that may send, the owner left out.

        Raises:
            RightsHidden: at the end, when the login may not see it of some form.
            NotAllowed, Unreachable: at the end, when some form could not be reached.
        """
        may: dict[str, list[str]] = {}
        beyond: dict[str, set[str]] = {}
        met = _Met()

        def note(uid: str) -> None:
            for one in self._assigned(uid, met):
                if one.right == SEND:
                    may.setdefault(one.user, []).append(uid)
                elif one.right != "view_asset":
                    beyond.setdefault(one.user, set()).add(one.right)

        self._each(note, met)
        for user, forms in sorted(may.items()):
            rights = tuple(sorted(beyond.get(user, ())))
            yield Phone(self.name, user, open=True, forms=tuple(forms), rights=rights)
        if failure := met.failure(self.name):
            raise failure

    def add(self, code: str, forms: Sequence[str], *, dry_run: bool) -> Added:  # noqa: ARG002 - forms of its own
        """Let an account that exists send to the forms of its team and those for all, and nothing else.

        Raises:
            AccountMissing: there is no such account.
            FormsUndecided: nothing says which forms those are; nobody was let in anywhere.
        """
        account = code.lower()
        if not self.sharing.exists(account):
            raise AccountMissing(server=self.name, account=account)
        wanted, doubtful = of_phone(self._seen(code), self.forms, self.teams, self.known, code)
        if doubtful or not wanted:
            raise FormsUndecided(server=self.name, phone=code, forms=", ".join(doubtful) or "-")
        given = [uid for uid in wanted if not self._sends(uid, account)]
        for uid in () if dry_run else given:
            self.sharing.allow(uid, account)
        theirs = [uid for uid in of_others(self.teams, code) if uid in self.beside]
        beyond = tuple(uid for uid in theirs if self._sends(uid, account))
        return Added(self.name, made=False, forms=tuple(given), beyond=beyond)

    def _sends(self, uid: str, account: str) -> bool:
        held = self.sharing.assigned(uid) or ()
        return any(same(one.user, account) and one.right == SEND for one in held)

    def _seen(self, code: str) -> list[FormSeen]:
        """Return the forms that a phone could be let into: those that the settings name, or all; archived ones are none.

        Raises:
            NotThere: the settings name one for all that is not there.
        """
        account, mine = self.sharing.account, of_team(self.teams, code)
        me = account.known().username
        found = []
        for uid in dict.fromkeys(
            (*(self.forms or self.sharing.uids()), *(one for one in mine if one in self.beside))
        ):
            detail = account.detail(uid)
            if detail is None and uid in self.forms:
                self.sharing.facts(uid)  # says so
            if detail is not None and detail.deployment_status != "archived":
                found.append(FormSeen(uid, detail.form_id, detail.owner == me))
        return found

    def revoke(self, code: str, *, dry_run: bool) -> Revoked:
        """Take every right of an account, form by form as they are read, and look whether any is left.

        A form that cannot be reached is told at the end: the phone is locked out of all others before. Of archived forms the
        rights are taken as well, last, for whoever opens one again would let it in; where this login may not see them, nobody
        is let in now: such forms are named, and no failure.
        """
        met, taken, had = _Met(), 0, set[str]()

        def lock(uid: str) -> None:
            nonlocal taken
            held = self._held(uid, code, met)
            for one in () if dry_run else held:
                self.sharing.take(uid, one.uid)
            if held and not dry_run and self._held(uid, code, _Met()):
                met.still.append(uid)
            taken += len(held)
            had.update([uid] if held else ())

        self._each(lock, met)
        seen = len(met.hidden)
        self._each(lock, met, self._archived(met))
        archived = tuple(met.hidden[seen:])
        del met.hidden[seen:]
        failure = met.failure(self.name)
        if met.still:
            failure = NotRevoked(phone=code, servers=self.name)
        return Revoked(
            self.name, taken, failure, met.open, frozenset(met.absent), frozenset(had), archived=archived
        )

    def _each(self, deed: Callable[[str], None], met: _Met, uids: Iterable[str] | None = None) -> None:
        """Do something on these forms, None = on every one that lets phones in; what cannot be reached goes into ``met``.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        addresses = Addresses(self.sharing.account.me)
        for uid in self._every(met) if uids is None else uids:
            try:
                deed(uid)
            except (NotAllowed, Unreachable) as failure:
                addresses.aside(failure)
                if isinstance(failure, NotThere) and uid in self.beside and uid not in self.forms:
                    met.absent.add(uid)
                else:
                    met.failed[uid] = failure
            else:
                addresses.answered()

    def _every(self, met: _Met) -> Iterator[str]:
        """Yield the forms that the settings name, then the others: a list that fails keeps none of the first away."""
        named = dict.fromkeys((*self.forms, *self.beside))
        yield from named
        try:
            seen = [uid for uid in self.sharing.uids() if uid not in named]
        except (NotAllowed, Unreachable) as failure:
            met.failed[""] = failure
        else:
            yield from seen

    def _archived(self, met: _Met) -> Iterator[str]:
        """Yield the archived forms that the settings do not name."""
        try:
            yield from [uid for uid in self.sharing.archived() if uid not in {*self.forms, *self.beside}]
        except (NotAllowed, Unreachable) as failure:
            met.failed.setdefault("", failure)

    def _held(self, uid: str, code: str, met: _Met) -> list[Assigned]:
        """Return the rights of an account on a form."""
        return [one for one in self._assigned(uid, met) if same(one.user, code)]

    def _assigned(self, uid: str, met: _Met) -> Iterator[Assigned]:
        """Yield the rights of others; the owner's cannot be taken and are no phone's, the public is not one either.

        A login that may not manage a form is shown its own rights alone, or none: such forms are put into ``met``.
        """
        facts, assigned = self.sharing.facts(uid), self.sharing.assigned(uid)
        if assigned is None or not facts.manages:
            met.hidden.append(uid)
        yield from (one for one in assigned or () if one.user not in {facts.owner, ANONYMOUS})


FormsUndecided: Final = UsageProblem.declare(
    "DK-C47",
    "Into which forms of {server} the phone {phone} may be let cannot be told ({forms}). Nothing was done, since a form of "
    "another team would show it that team's cases. Name in dikalo.toml the forms of its team under forms of the [[team]], "
    "and those for everybody under forms of the [[server]]; then run the command again.",
)


@dataclass(frozen=True, slots=True)
class FormSeen:
    """A form that the server shows.

    Attributes:
        uid: what the server calls it.
        form: the form id that its workbook names.
        own: the account owns it.
    """

    uid: str
    form: str
    own: bool


def of_team(teams: Iterable[TeamSettings], code: str) -> tuple[str, ...]:
    """Return the forms of the teams to which a person belongs."""
    mine = [one for one in teams if code.casefold() in map(str.casefold, one.people)]
    return tuple(dict.fromkeys(form for one in mine for form in one.forms))


def of_others(teams: Sequence[TeamSettings], code: str) -> tuple[str, ...]:
    """Return the forms that are other teams' alone."""
    own = of_team(teams, code)
    every = dict.fromkeys(form for one in teams for form in one.forms)
    return tuple(form for form in every if form not in own)


def of_phone(
    seen: Sequence[FormSeen],
    named: Sequence[str],
    teams: Sequence[TeamSettings],
    known: Sequence[str],
    code: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the forms into which a phone is let, and those of which nobody can say whose they are.

    Args:
        seen: the forms that are there.
        named: uids that the settings name for everybody; none = not said.
        teams: of the settings.
        known: form ids of the organisation.
        code: of the person.
    """
    mine, others = of_team(teams, code), of_others(teams, code)
    own = [one for one in seen if one.uid in mine]
    copied = {one.form for one in own}
    free = [one for one in seen if one.uid not in {*mine, *others} and one.form not in copied]
    if named:
        every = [one for one in free if one.uid in named]
        return tuple(one.uid for one in (*every, *own)), ()
    every = [one for one in free if one.own and one.form in known]
    forms = [one.form for one in every]
    return (
        tuple(one.uid for one in (*every, *own)),
        tuple(one.uid for one in every if forms.count(one.form) > 1),
    )


FormTakesAnybody: Final = Attention.declare(
    "DK-N40",
    "On {server} these forms take submissions without an account, or are shared with everybody, so anybody can fetch their "
    "list of cases: {forms}. So only an empty list is sent to them. End that in a browser (Settings of the form, Sharing), then "
    "run dikalo publish again.",
)
FillersHidden: Final = Attention.declare(
    "DK-N46",
    "The login of the role publish may not see on {server} who may fill these forms, and so who would get their list of "
    "cases: {forms}. So only an empty list is sent to them. Give it the right to manage the project (manage_asset) in a browser, then run "
    "dikalo publish again.",
)
FormOfOthers: Final = Attention.declare(
    "DK-N41",
    "On {server} these forms ask for a list of cases and belong to another account: {forms}. They get none. If one is yours, "
    "name it under forms of this server or of a [[team]] in dikalo.toml, then run dikalo publish again.",
)
FormsOutOfReach: Final = Unreachable.declare(
    "DK-N42",
    "On {server} the lists of these forms stayed as they were, because the server does not show or serve them: {forms}. "
    "Phones may still hold there what should have left. No other form waits for them. Take a form that is gone out of "
    "dikalo.toml; then run dikalo publish again.",
)
ListsLeftBehind: Final = Attention.declare(
    "DK-N45",
    "On {server} these forms had a list of cases, dikalo.toml names them no more, and the server does not show them: {forms}. "
    "If they were deleted there, no phone gets the list. If this login lost its right to them, phones still get the last "
    "one: look in a browser, share the form with the account of the role publish again, then run dikalo publish again. "
    "This is said once; dikalo doctor keeps them in mind.",
)


@dataclass(slots=True)
class Left:
    """Forms that got no list, or an empty one, by reason."""

    without: list[str] = field(default_factory=list)
    anybody: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    def failures(self, server: str) -> Iterator[DikaloError]:
        """Yield every reason with all its forms, the weightiest first: some are said only once, so none hides another."""
        if self.beyond:
            yield FormsOutOfReach(server=server, forms=", ".join(self.beyond))
        if self.anybody:
            yield FormTakesAnybody(server=server, forms=", ".join(self.anybody))
        if self.hidden:
            yield FillersHidden(server=server, forms=", ".join(self.hidden))
        if self.without:
            yield PhonesWithoutZone(server=server, which=", ".join(dict.fromkeys(self.without)))
        if self.behind:
            yield ListsLeftBehind(server=server, forms=", ".join(self.behind))
        if self.others:
            yield FormOfOthers(server=server, forms=", ".join(self.others))
