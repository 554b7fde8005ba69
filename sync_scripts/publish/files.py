"""Lists that go out as files of a form: what to do with them, what is remembered of them, what phones were seen to have.

Each sending is a new version of the form on every phone, so it happens at most every six hours unless somebody wants it
now; what was begun is completed at once. Sends nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from sync_scripts.config import Settings, uids_of_teams
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.publish.lists import CASES, PROVIDERS
from sync_scripts.servers.kobo.door import Door
from sync_scripts.store.canonical import due, moment
from sync_scripts.store.database import Register
from sync_scripts.store.health import Finding
from sync_scripts.store.schema.raw import setting

PAUSE: Final = timedelta(hours=6)
"""Between two sendings to one form."""
AT_ONCE: Final = 2
"""How often a form is given to phones one time after the other while nothing shows that they get its lists."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What this register remembers of a form's lists.

    Attributes:
        at: instant of the last sending, as ISO text.
        begun: it was begun and not ended.
        files: names of the lists that it has had.
        cases: codes of the cases that phones may have from it, where the server is not asked for its file; None = not known.
        hidden: nothing names it any more, and it is archived, or the server does not show it, which was said once.
        sums: MD5 of each list as it was sent last.
        unseen: how often the form was given to phones with these lists, which were not seen to have them.
    """

    at: str = ""
    begun: bool = False
    files: tuple[str, ...] = ()
    cases: frozenset[str] | None = None
    hidden: bool = False
    sums: dict[str, str] = {}
    unseen: int = 0

    @property
    def holds(self) -> bool:
        """Tell whether phones may have a case from it."""
        return bool(self.files) and (self.begun or self.cases is None or bool(self.cases))

    def loses(self, codes: frozenset[str]) -> bool:
        """Tell whether phones may have a case that is not among these; not known counts as yes once they have a list."""
        return bool(self.files) if self.cases is None else not self.cases <= codes

    def begun_after(self, before: Note) -> Note:
        """Return the same while it is begun and not ended: until then phones have what they had before."""
        unknown = bool(before.files) and before.cases is None
        both = None if unknown else (self.cases or frozenset()) | (before.cases or frozenset())
        return replace(self, begun=True, cases=both)

    def keeps(self, left: Mapping[str, str]) -> frozenset[str]:
        """Return which of these codes phones may have from it yet; each left the lists at the instant that it names.

        Where the cases are not known, one is there until the form went out after it.
        """
        if not self.files:
            return frozenset()
        if self.cases is not None:
            return self.cases & left.keys()
        before = self.begun or not self.at
        return frozenset(code for code, when in left.items() if before or moment(self.at) < moment(when))


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What to do with the lists of one form.

    Attributes:
        replace: names of the files to send; what is there of the same name is removed first.
        deploy: give the form to phones again.
        waits: until when a change waits, None = it does not.
        arrived: what was sent at an earlier run is on phones by now; only that is to be remembered.
    """

    replace: tuple[str, ...] = ()
    deploy: bool = False
    waits: datetime | None = None
    arrived: bool = False


def plan_files(
    wanted: Mapping[str, bytes],
    there: Mapping[str, str],
    note: Note,
    now: datetime,
    *,
    hurry: bool,
    shown: bool = False,
    asked: bool = False,
) -> FilePlan:
    """Return what to do with one form; pure.

    Args:
        wanted: bytes by name of file.
        there: MD5 by name of file, as the server says.
        note: what is remembered.
        now: aware.
        hurry: do not wait.
        shown: phones are known to get these very files.
        asked: somebody wants it now.

    Lists that were given to phones and not seen there are given once more at once, in case the server forgot; then as seldom as
    any other change, for each time is a new version of the form on every phone.
    """
    differing = tuple(sorted(name for name, data in wanted.items() if there.get(name) != md5(data)))
    if note.begun and shown and not differing:
        return FilePlan(arrived=True)
    last = moment(note.at) if note.at else None
    fresh = last is not None and not due(last, now, PAUSE)
    if note.begun:
        again = not differing and note.unseen >= AT_ONCE
        waits = last + PAUSE if last is not None and fresh and again and not asked else None
        return FilePlan(differing, deploy=True, waits=waits)
    if not differing:
        return FilePlan()
    if last is not None and fresh and not hurry:
        return FilePlan(differing, deploy=True, waits=last + PAUSE)
    return FilePlan(differing, deploy=True)


def exchanged(name: str, there: Mapping[str, str], note: Note, own: Iterable[bytes]) -> bool:
    """Tell whether a list that lies there was sent by somebody else: it is not the one of before, nor one of ``own``.

    A register that does not remember what it sent, or whose sending was cut, cannot tell.
    """
    held = there.get(name)
    if held is None or note.begun or (note.files and name not in note.sums):
        return False
    return held not in {note.sums.get(name), *map(md5, own)}


def believed(name: str, there: Mapping[str, str], note: Note, own: Iterable[bytes]) -> Note:
    """Return what is remembered of a form; of a list that somebody else sent nobody knows here which cases are in it.

    So it is for a register that was restored, or for a server that has another name now: phones may have any case from it.
    """
    if not exchanged(name, there, note, own):
        return note
    return replace(note, files=tuple(dict.fromkeys((*note.files, name))), cases=None)


def md5(data: bytes) -> str:
    """Return the digest by which both servers tell files apart."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


_KEY = "publish"


def key(server: str, what: str) -> str:
    """Return under which name something is remembered of a server: of a form, or of a list that its phones share."""
    return f"{_KEY}:{server}:{what}"


def notes(register: Register) -> Mapping[str, Mapping[str, Note]]:
    """Return by server what is remembered of each form's lists; a server whose forms share one list may have none."""
    found: dict[str, dict[str, Note]] = {}
    for server, what, value in _remembered(register):
        forms = found.setdefault(server, {})
        if what not in {CASES, PROVIDERS}:
            forms[what] = msgspec.json.decode(value, type=Note)
    return found


def of_lists(register: Register, settings: Settings) -> Iterator[Finding]:
    """Yield the lists of cases that were sent and that nothing in the settings looks after any more; asks no server."""
    known = notes(register)
    for server in settings.server:
        mine = {form: note for form, note in known.get(server.name, {}).items() if note.holds}
        named = {*server.forms, *uids_of_teams(settings)}
        left = [form for form, note in mine.items() if server.forms and form not in named and not note.hidden]
        if server.kind == "kobo" and left:
            yield _standing(server.name, left)
        hidden = [form for form, note in mine.items() if form not in named and note.hidden]
        if server.kind == "kobo" and hidden:
            yield _hidden(server.name, hidden)
    here = {server.name for server in settings.server}
    for name in sorted(known.keys() - here):
        words = _(
            "{server}: lists of cases went to this server, and dikalo.toml names it no more. If it still runs, its phones may "
            "still get the last list. Delete it there in a browser: the entity list cases (ODK Central), the file cases.csv of "
            "each form (KoboToolbox). If it was only renamed, run dikalo publish: it knows nothing of its lists under the new name, "
            "so it exchanges those of the forms that dikalo.toml names; empty the list of any other form there in a browser."
        )
        yield Finding("server-lists", "note", words.format(server=name), name)


def _standing(server: str, forms: list[str]) -> Finding:
    words = ngettext(
        "{server}: {n} form ({forms}) had a list of cases and dikalo.toml names it no more. Its phones still get the last list. "
        "dikalo publish empties it.",
        "{server}: {n} forms ({forms}) had a list of cases and dikalo.toml names them no more. Their phones still get the last "
        "list. dikalo publish empties them.",
        len(forms),
    )
    return Finding(
        "server-lists", "warn", words.format(server=server, n=len(forms), forms=", ".join(forms)), server
    )


def _hidden(server: str, forms: list[str]) -> Finding:
    words = ngettext(
        "{server}: {n} form ({forms}) had a list of cases, is named in dikalo.toml no more, and is archived or not shown by the "
        "server. If it was deleted there, no phone gets the list any more. If it is archived, phones that have it keep the last list: "
        "take it out of the archive, then run dikalo publish. If only the right to it was lost, its phones still get the "
        "last list: share it with the account of the role publish again, then run dikalo publish.",
        "{server}: {n} forms ({forms}) had a list of cases, are named in dikalo.toml no more, and are archived or not shown by "
        "the server. If they were deleted there, no phone gets the list any more. If they are archived, phones that have them keep the "
        "last list: take them out of the archive, then run dikalo publish. If only the right to them was lost, their phones "
        "still get the last list: share them with the account of the role publish again, then run dikalo publish.",
        len(forms),
    )
    return Finding(
        "server-lists", "note", words.format(server=server, n=len(forms), forms=", ".join(forms)), server
    )


def _remembered(register: Register) -> Iterator[tuple[str, str, str]]:
    """Yield server, what and value of everything that is remembered; no form and no list has a colon in its name."""
    query = select(setting.c.name, setting.c.value).where(setting.c.name.startswith(f"{_KEY}:"))
    with register.reading() as rows:
        found = [tuple(one) for one in rows.execute(query.order_by(setting.c.name))]
    for name, value in found:
        server, _colon, what = name.removeprefix(f"{_KEY}:").rpartition(":")
        yield server, what, value


@dataclass(slots=True)
class Watch:
    """Looks through the door that phones use.

    Attributes:
        door: None where the settings do not say its address: then what the server took counts as arrived.
        failure: what the door said when it failed; it is not asked again in this run.
    """

    door: Door | None
    failure: DikaloError | None = None

    def shows(self, uid: str, sums: Mapping[str, str]) -> bool:
        """Tell whether phones are seen to have these files now."""
        return self.door is not None and self._look(uid, sums, wait=False) is True

    def comes_to_show(self, uid: str, sums: Mapping[str, str]) -> bool | None:
        """Tell whether phones are seen to have these files after some time; None: the form is not listed to who asks."""
        return self.door is None or self._look(uid, sums, wait=True)

    def _look(self, uid: str, sums: Mapping[str, str], *, wait: bool) -> bool | None:
        if self.door is None or self.failure is not None:
            return False
        try:
            return self.door.comes_to_show(uid, sums) if wait else self.door.shows(uid, sums)
        except (NotAllowed, Unreachable) as failure:
            self.failure = failure
            return False
