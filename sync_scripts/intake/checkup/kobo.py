"""What a KoboToolbox shows of rights, doors, roads of data and what lies there. Asks only.

A hook's stored password is never read: that one is stored is enough to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from gettext import gettext as _
from typing import Final

from sync_scripts.errors import DikaloError
from sync_scripts.intake.checkup import findings
from sync_scripts.intake.checkup.findings import EachForm, Known
from sync_scripts.servers.inquiry import among
from sync_scripts.servers.kobo import NotLoggedIn
from sync_scripts.servers.kobo.account import LIMIT
from sync_scripts.servers.kobo.shapes import Assigned, History
from sync_scripts.servers.kobo.sharing import ANONYMOUS, SEND, Facts, Hook, Sharing
from sync_scripts.store.health import Finding, Level
from sync_scripts.store.logins import Role

_MODIFIED: Final = "action:modify-submission"
_NEEDED: Final[dict[str, frozenset[str]]] = {
    "pull": frozenset({"view_asset", "view_submissions", "partial_submissions"}),
    "publish": frozenset(
        {"view_asset", "change_asset", "manage_asset", "view_submissions", "discover_asset"}
    ),
    "review": frozenset({"view_asset", "view_submissions", "validate_submissions"}),
    "deploy": frozenset({"view_asset", "change_asset", "manage_asset", "view_submissions", "discover_asset"}),
}
"""What each role needs; phones are kept with the login for publishing, which needs manage_asset."""


@dataclass(frozen=True, slots=True)
class KoboCheck:
    """One account, seen with the token of one role.

    Attributes:
        name: how the settings call the server.
        sharing: its calls.
        role: whose token it is.
        now: aware.
        wanted: forms of the settings, none = all.
        beside: forms that are some team's, looked at where the account sees them.
        known: what is known here of what lies there.
    """

    name: str
    sharing: Sharing
    role: Role
    now: datetime
    wanted: Sequence[str] = ()
    beside: Sequence[str] = ()
    known: Known = Known()  # noqa: RUF009 - a frozen value
    _aside: dict[str, DikaloError] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By uid, why a form could not be looked at; ``_told`` = of which it was said already."""
    _in_part: dict[str, DikaloError] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By uid, why something of a form could not be seen."""
    _told: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def identity(self) -> Iterator[Finding]:
        """Yield whose token it is and what it may do too much.

        Raises:
            NotLoggedIn: nobody's.
        """
        me = self.sharing.account.me()
        if not me.username:
            raise NotLoggedIn(server=self.name)
        yield findings.account(self.name, self.role, me.username)
        forms = list(self._forms())
        rights = {right.codename for facts in forms for right in facts.rights if right.codename} - _NEEDED[
            self.role
        ]
        remedy = _(
            "Use an account of its own that others only share their forms with: view form and view submissions for pull."
        )
        if found := findings.too_wide(self.name, self.role, rights, remedy):
            yield found
        if self.role == "pull" and (some := [one.name or one.uid for one in forms if not one.read_whole]):
            words = _(
                "{server}: the login for pull may read only some submissions of these forms, and the server counts no others, so "
                "dikalo can prove nothing: {forms}. At the server, open the form, Settings, Sharing, and give it “view "
                "submissions” without conditions."
            )
            said = words.format(server=self.name, forms=", ".join(some))
            yield Finding("server-partly", "bad", said, self.name)
        if self.role == "pull":
            yield from self._lost()

    def project(self) -> Iterator[Finding]:
        """Yield what is to say of the forms; asked once, with the widest token there is."""
        me = self.sharing.account.me()
        yield findings.clock(self.name, _instant(me.server_time), self.now)
        forms = list(self._forms())
        if forms:
            yield findings.in_clear(self.name, [one.name or one.uid for one in forms if not one.encrypted])
        each = self._each()
        for facts in forms:
            assigned = each.ask(facts.uid, partial(self.sharing.assigned, facts.uid), ())
            yield from self._doors(facts, assigned, me.username)
            yield from self._sharing(facts)
        yield from self._pairs(forms)
        yield from self._hooks(forms)
        yield from self._fillers(forms)
        yield self._history(forms)
        yield from self._pages(forms)
        yield from self._old(forms)
        yield from self._lost()
        names = {one.uid: one.name or one.uid for one in forms}
        for uid, why in sorted(self._in_part.items()):
            yield findings.in_part(self.name, self.role, names.get(uid, uid), why)

    def _each(self) -> EachForm:
        """Return what asks something of forms that were looked at."""
        return EachForm(self.sharing.account.me, self._in_part)

    def _forms(self) -> Iterator[Facts]:
        there = () if self.wanted and not self.beside else tuple(self.sharing.uids())
        yield from self._facts(among(self.wanted, self.beside, there))

    def _facts(self, uids: Iterable[str]) -> Iterator[Facts]:
        """Yield what is said of each form; one that cannot be looked at is put aside, and hides nothing of the others.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        each = EachForm(self.sharing.account.me, self._aside)
        for uid in uids:
            if (facts := each.ask(uid, partial(self.sharing.facts, uid), None)) is not None:
                yield facts

    def _lost(self) -> Iterator[Finding]:
        """Yield which forms could not be looked at, each once."""
        for uid in sorted(self._aside.keys() - self._told):
            self._told.add(uid)
            yield findings.form(self.name, self.role, uid, self._aside[uid])

    def _doors(self, facts: Facts, assigned: Sequence[Assigned] | None, own: str) -> Iterator[Finding]:
        """Yield who may come in without an account, and who may both send and read."""
        if assigned is None:
            words = _("{server}: this login may not see who may do what with the form {form}.")
            yield self._say("server-anonymous", "note", words, facts)
            return
        public = {one.right for one in assigned if one.user == ANONYMOUS}
        if SEND in public:
            words = _(
                "{server}: anybody can send to the form {form} without an account. At the server, open the form, Settings, "
                "Sharing, and switch off submissions without user name and password."
            )
            yield self._say("server-anonymous", "bad", words, facts)
        if public & {"view_submissions", "view_asset", "discover_asset"}:
            words = _(
                "{server}: the form {form} is shared with everybody on the internet. At the server, open the form, Settings, "
                "Sharing, and make it private."
            )
            yield self._say("server-public", "bad", words, facts)
        senders = {one.user for one in assigned if one.right == SEND} - {own, facts.owner, ANONYMOUS}
        readers = {one.user for one in assigned if one.right == "view_submissions"}
        if both := sorted(senders & readers):
            words = _(
                "{server}: accounts that send to the form {form} may read all submissions too ({accounts}); on a phone, sending "
                "is enough. Take “view submissions” from them at the server."
            )
            yield self._say("server-phones", "warn", words, facts, accounts=", ".join(both))

    def _fillers(self, forms: Sequence[Facts]) -> Iterator[Finding]:
        """Yield of which forms it is not known who fills them: the server shows that to whoever manages a form."""
        if hidden := [one.name or one.uid for one in forms if not one.manages]:
            words = _(
                "{server}: this login may not see which accounts fill these forms, nor whether they read submissions too: "
                "{forms}. The login for publish, which manages them, sees it."
            )
            said = words.format(server=self.name, forms=", ".join(hidden))
            yield Finding("server-phones", "note", said, self.name)

    def _sharing(self, facts: Facts) -> Iterator[Finding]:
        """Yield whether answers go to other forms."""
        if facts.data_sharing.enabled and not facts.data_sharing.fields:
            words = _(
                "{server}: the form {form} shares ALL its answers with other forms, hence with their phones. At the server, "
                "Settings, Connect projects, switch data sharing off."
            )
            yield self._say("server-sharing", "bad", words, facts)
        elif facts.data_sharing.enabled:
            words = _(
                "{server}: the form {form} shares some of its answers with other forms, hence with their phones. Switch data "
                "sharing off at the server (Settings, Connect projects) unless you need it."
            )
            yield self._say("server-sharing", "warn", words, facts)

    def _pairs(self, forms: Sequence[Facts]) -> Iterator[Finding]:
        """Yield the forms to which answers of others go, and those of which this login cannot see it."""
        hidden, each = [], self._each()
        for facts in forms:
            pairs = each.ask(facts.uid, partial(self.sharing.pairs, facts.uid), ())
            if pairs:
                words = _(
                    "{server}: phones with the form {form} get answers of another form, of all cases. dikalo publish does this "
                    "with codes alone; remove the connected project at the server."
                )
                yield self._say("server-paired", "warn", words, facts)
            hidden += [facts] if pairs is None else []
        if hidden:
            words = _(
                "{server}: could not be seen with the login for {role}: whether phones with these forms get answers of another "
                "form ({forms}). An account that may manage them sees it: dikalo keys server {server} --role publish keeps one."
            )
            yield self._unseen("server-paired", words, hidden)

    def _hooks(self, forms: Sequence[Facts]) -> Iterator[Finding]:
        """Yield the addresses to which answers go besides, and the forms of which this login cannot see them."""
        hidden, each = [], self._each()
        for facts in forms:
            hooks = each.ask(facts.uid, partial(self.sharing.hooks, facts.uid), ())
            yield from self._of_hooks(facts, hooks or ())
            hidden += [facts] if hooks is None else []
        if hidden:
            words = _(
                "{server}: could not be seen with the login for {role}: whether submissions of these forms are also sent to another "
                "address (REST service), and which passwords are stored for that ({forms}). An account that may manage them sees "
                "it: dikalo keys server {server} --role publish keeps one."
            )
            yield self._unseen("server-hook", words, hidden)

    def _unseen(self, code: str, words: str, forms: Sequence[Facts]) -> Finding:
        names = ", ".join(one.name or one.uid for one in forms)
        return Finding(code, "note", words.format(server=self.name, role=self.role, forms=names), self.name)

    def _of_hooks(self, facts: Facts, hooks: Sequence[Hook]) -> Iterator[Finding]:
        if any(one.active for one in hooks):
            words = _(
                "{server}: every new submission of the form {form} is also sent to another address (REST service). If nobody "
                "of you set it up, remove it at the server and tell the administrator."
            )
            yield self._say("server-hook", "warn", words, facts)
        if any(one.auth_level == "basic_auth" for one in hooks):
            words = _(
                "{server}: a REST service of the form {form} stores a password that everybody who manages the form can read. "
                "Remove it, and change that password where it is used."
            )
            yield self._say("server-hook-password", "bad", words, facts)
        if any(one.endpoint.startswith("http://") for one in hooks):
            words = _(
                "{server}: a REST service of the form {form} sends submissions unprotected over the internet (http). Remove it, "
                "or give it an https address."
            )
            yield self._say("server-hook-clear", "bad", words, facts)

    def _history(self, forms: Sequence[Facts]) -> Finding:
        hours = self.sharing.account.environment().project_history_log_lifespan
        each, nothing = self._each(), History()
        without = [
            one.name or one.uid
            for one in forms
            if each.ask(one.uid, partial(self.sharing.account.history, one.uid, _MODIFIED), nothing) is None
        ]
        if without or hours is None:
            words = _(
                "{server}: this login sees no history of {forms}; edits and deletions are found by comparing, without saying "
                "who made them. The history needs the right to manage the form; pull works without it."
            )
            said = words.format(server=self.name, forms=", ".join(without) or "-")
            return Finding("server-history", "note", said, self.name)
        words = _("{server}: the history of edits can be read and is kept for {days} days.")
        return Finding("server-history", "ok", words.format(server=self.name, days=hours // 24), self.name)

    def _pages(self, forms: Sequence[Facts]) -> Iterator[Finding]:
        """Yield how many rows the server gives at once, where a form has enough of them to tell."""
        each = self._each()
        for facts in forms:
            given, there = each.ask(facts.uid, partial(self.sharing.page, facts.uid, LIMIT), (0, 0))
            if given < min(there, LIMIT):
                words = _(
                    "{server}: gives {n} rows at most at once, fewer than asked for. dikalo goes on to the end; other programs "
                    "may stop here without a word."
                )
                said = words.format(server=self.name, n=given)
                yield Finding("server-page", "note", said, self.name)
                return

    def _old(self, forms: Sequence[Facts]) -> Iterator[Finding]:
        """Yield how much lies there for long, and each form of which it cannot be seen: that nothing does is not said then."""
        day = f"{findings.cutoff(self.now).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        clear = encrypted = 0
        uncounted: dict[str, DikaloError] = {}
        each = EachForm(self.sharing.account.me, uncounted)
        for facts in (*forms, *self._archived(forms)):
            old = each.ask(facts.uid, partial(self.sharing.before, facts.uid, day), 0)
            plain, hidden = self.known.share(facts.uid, old, encrypted=facts.encrypted)
            clear, encrypted = clear + plain, encrypted + hidden
        remedy = _(
            "open the form at the server, Data, Table, choose the old rows and delete them; this is at once and for good."
        )
        yield from (findings.uncounted(self.name, uid, why) for uid, why in sorted(uncounted.items()))
        if clear + encrypted or not uncounted:
            files = self.known.files
            yield findings.lying(self.name, clear=clear, encrypted=encrypted, files=files, remedy=remedy)

    def _archived(self, forms: Sequence[Facts]) -> Iterator[Facts]:
        """Yield the archived forms beside these: nobody thinks of them any more, and what was sent with them lies there still."""
        if self.wanted and not self.beside:
            return
        seen = {one.uid for one in forms} | self._aside.keys()
        there = among(self.wanted, self.beside, tuple(self.sharing.archived()))
        yield from self._facts(uid for uid in there if uid not in seen)

    def _say(self, code: str, level: Level, words: str, facts: Facts, **more: str) -> Finding:
        said = words.format(server=self.name, form=facts.name or facts.uid, **more)
        return Finding(code, level, said, self.name)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
