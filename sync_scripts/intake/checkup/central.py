"""What a Central shows of rights, doors and what lies there. Asks only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from typing import TypeVar

from sync_scripts.errors import DikaloError, NotAllowed
from sync_scripts.intake.checkup import findings
from sync_scripts.intake.checkup.findings import EachForm, Known
from sync_scripts.servers.central import older
from sync_scripts.servers.central.lists import Dataset, Lists
from sync_scripts.servers.central.shapes import FormSaid
from sync_scripts.store.health import Finding
from sync_scripts.store.logins import Role

_T = TypeVar("_T")
_READING = (".read", ".list")
_SITE = frozenset({"user.create", "config.set", "backup.run", "role.create"})
"""Rights of an administrator of the whole server."""


@dataclass(frozen=True, slots=True)
class CentralCheck:
    """One project, seen with the login of one role.

    Attributes:
        name: how the settings call the server.
        lists: its calls.
        role: whose login it is.
        now: aware.
        people: worker codes of all teams, in small letters.
        wanted: forms of the settings, none = all.
        known: what is known here of what lies there.
        named: those of the forms that the settings name for this server itself: each should be there.
    """

    name: str
    lists: Lists
    role: Role
    now: datetime
    people: frozenset[str]
    wanted: Sequence[str] = ()
    known: Known = Known()  # noqa: RUF009 - a frozen value
    named: Sequence[str] = ()
    _aside: dict[str, DikaloError] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By form, why its submissions could not be counted."""
    _in_part: dict[str, DikaloError] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By form, why something else of it could not be seen."""

    def identity(self) -> Iterator[Finding]:
        """Yield whose login it is and what it may do too much."""
        project = self.lists.project
        account = project.account()
        said, _date = project.said()
        yield findings.account(self.name, self.role, account.display_name)
        if self.role == "pull":
            rights = {verb for verb in said.verbs if not verb.endswith(_READING)}
            remedy = _("Give pull an account that is a Project Viewer of this project and nothing else.")
        else:
            rights = set(account.verbs) & _SITE
            remedy = _(
                "Give it an account that is a Project Manager of this project alone, not an administrator."
            )
        if found := findings.too_wide(self.name, self.role, rights, remedy):
            yield found

    def age(self, forms: Sequence[str]) -> Iterator[Finding]:
        """Yield what cannot be had from this server since it is an old one, as some of its forms show."""
        lacks = older.lacking(self.lists.project, forms)
        if older.PAGES in lacks:
            words = _(
                "{server}: this ODK Central is older than 2023.4. Of a form with more submissions than one page (1,000), dikalo gets "
                "the newest page alone. Have the server updated: 2023.4 at least, 2025.3 or later is best."
            )
            yield Finding("server-age", "bad", words.format(server=self.name), self.name)
        elif older.DELETED_AT in lacks:
            words = _(
                "{server}: this ODK Central is older than 2024.3. New and edited submissions come at every pull; what is deleted or "
                "restored there is seen once a day only. Have the server updated."
            )
            yield Finding("server-age", "warn", words.format(server=self.name), self.name)
        elif older.BY_ID in lacks:
            words = _(
                "{server}: this ODK Central is older than 2025.3. Submissions whose files are awaited are asked for one by one, which "
                "takes longer on a slow line."
            )
            yield Finding("server-age", "note", words.format(server=self.name), self.name)

    def project(self) -> Iterator[Finding]:
        """Yield what is to say of the project itself; asked once, with the widest login there is."""
        said, date = self.lists.project.said()
        yield findings.clock(self.name, date, self.now)
        forms = [
            one for one in self.lists.project.published() if one.xml_form_id in self.wanted or not self.wanted
        ]
        yield from self._not_there(forms)
        lying = self._old(forms, managed=said.key_id is not None)
        yield from self.age([one.xml_form_id for one in forms if one.xml_form_id not in self._aside])
        if said.key_id is not None:
            words = _(
                "{server}: the server itself keeps a key for this project (managed encryption): whoever has its passphrase can "
                "open what lies there. Keys of your own, made with dikalo keys form FORM, keep the server blind."
            )
            yield Finding("server-managed", "note", words.format(server=self.name), self.name)
            yield from self._unreadable(forms)
        clear = [one.xml_form_id for one in forms if one.key_id is None and said.key_id is None]
        if forms:
            yield findings.in_clear(self.name, clear)
        yield from self._links(forms)
        yield from (
            findings.in_part(self.name, self.role, form, why) for form, why in sorted(self._in_part.items())
        )
        yield from lying
        yield from self._phones()

    def _not_there(self, forms: Sequence[FormSaid]) -> Iterator[Finding]:
        """Yield the forms of the settings that the server does not show as published: nothing of them is looked at."""
        for form in sorted({*self.named} - {one.xml_form_id for one in forms}):
            words = _(
                "{server}: the form {form} of dikalo.toml is not published there, or this login does not see it, so it was not looked at. "
                "Send it with dikalo forms deploy, or take it out of dikalo.toml."
            )
            yield Finding("server-form", "warn", words.format(server=self.name, form=form), self.name)

    def _unreadable(self, forms: Sequence[FormSaid]) -> Iterator[Finding]:
        """Yield the forms of which submissions lie there that only the server can open."""
        found, each = [], EachForm(self.lists.project.said, self._in_part)
        for form in forms:
            asking = partial(self.lists.project.keys, form.xml_form_id)
            keys = each.ask(form.xml_form_id, partial(self._seen, asking), None)
            if any(one.managed for one in keys or ()):
                found.append(form.xml_form_id)
        if found:
            words = ngettext(
                "{server}: submissions of {n} form ({forms}) can be opened by the server alone. dikalo keeps them sealed and cannot read "
                "them; read them at the server with the passphrase, and deploy the form with a key of your own (dikalo keys form FORM).",
                "{server}: submissions of {n} forms ({forms}) can be opened by the server alone. dikalo keeps them sealed and cannot "
                "read them; read them at the server with the passphrase, and deploy the forms with keys of your own (dikalo keys form FORM).",
                len(found),
            )
            said = words.format(server=self.name, n=len(found), forms=", ".join(found))
            yield Finding("server-managed-data", "warn", said, self.name)

    def _links(self, forms: Sequence[FormSaid]) -> Iterator[Finding]:
        """Yield the forms that anybody may send to."""
        each = EachForm(self.lists.project.said, self._in_part)
        for form in forms:
            asking = partial(self.lists.public_links, form.xml_form_id)
            links = each.ask(form.xml_form_id, partial(self._seen, asking), ())
            if links is None:
                words = _("{server}: this login may not see whether anybody can send without an account.")
                yield Finding("server-anonymous", "note", words.format(server=self.name), self.name)
                return
            if any(one.token is not None for one in links):
                words = _(
                    "{server}: the form {form} has a public link: anybody who has it can send false submissions. Close it at "
                    "the server, under Public Access of the form, unless you need it."
                )
                said = words.format(server=self.name, form=form.xml_form_id)
                yield Finding("server-anonymous", "bad", said, self.name)

    def _phones(self) -> Iterator[Finding]:
        """Yield phones of no team, and a list of cases that every phone gets whole."""
        phones = self._seen(self.lists.phones)
        if phones is None:
            words = _(
                "{server}: could not be seen with the login for {role}: whether phones belong to no team, and whether each gets its "
                "own part of the list of cases. A Project Manager sees it: dikalo keys server {server} --role publish keeps such a "
                "login."
            )
            yield Finding("server-phones", "note", words.format(server=self.name, role=self.role), self.name)
            return
        used = [one.display_name for one in phones if one.token is not None]
        lost = sorted(one for one in used if one.casefold() not in self.people)
        if lost:
            words = ngettext(
                "{server}: {n} phone belongs to no team ({phones}). Put it into a [[team]], or lock it out with dikalo phones "
                "revoke CODE.",
                "{server}: {n} phones belong to no team ({phones}). Put them into a [[team]], or lock them out with dikalo "
                "phones revoke CODE.",
                len(lost),
            )
            said = words.format(server=self.name, n=len(lost), phones=", ".join(lost))
            yield Finding("server-phones", "warn", said, self.name)
        cases: Dataset | None = self._seen(lambda: self.lists.dataset("cases"))
        whole = cases is not None and cases.access_filter is None and len(used) > 1
        rows = self._seen(lambda: self.lists.entities("cases")) if whole else None
        if rows:
            words = _(
                "{server}: every phone gets the whole list of cases. dikalo publish gives each its own zone when the server "
                "can (2026.2 or later), and with a copy of the form for each team when it cannot."
            )
            yield Finding("server-lists", "warn", words.format(server=self.name), self.name)

    def _old(self, forms: Sequence[FormSaid], *, managed: bool) -> list[Finding]:
        """Return how much lies there for long, and each form of which it cannot be seen: that nothing does is not said then.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        clear = encrypted = 0
        each = EachForm(self.lists.project.said, self._aside)
        for form in forms:
            old = each.ask(form.xml_form_id, partial(self._old_of, form.xml_form_id), None)
            if old is None:
                continue
            sealed = managed or form.key_id is not None
            plain, hidden = self.known.share(form.xml_form_id, old, encrypted=sealed)
            clear, encrypted = clear + plain, encrypted + hidden
        remedy = _(
            "open the form at the server, Submissions, delete them there; the server destroys what was deleted after 30 days."
        )
        found = [findings.uncounted(self.name, form, why) for form, why in sorted(self._aside.items())]
        if clear + encrypted or not found:
            files = self.known.files
            found.append(
                findings.lying(self.name, clear=clear, encrypted=encrypted, files=files, remedy=remedy)
            )
        return found

    def _old_of(self, form: str) -> int:
        """Return how many submissions of a form lie there for long: asked at once, since phones send meanwhile."""
        before = findings.cutoff(self.now).isoformat().replace("+00:00", "Z")
        asked: dict[str, str | int] = {
            "$filter": f"__system/submissionDate lt {before}",
            "$top": 0,
            "$count": "true",
        }
        return self.lists.project.rows(form, asked).count or 0

    def _seen(self, ask: Callable[[], _T]) -> _T | None:
        """Return what is asked, None where this login may not see it."""
        try:
            return ask()
        except NotAllowed:
            return None
