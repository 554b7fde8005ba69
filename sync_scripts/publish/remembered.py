"""What this register remembers of lists that it sent, by server and form; and what of it nothing names any more. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import gettext as _
from gettext import ngettext

import msgspec
from sqlalchemy import select

from sync_scripts.config import Settings, uids_of_teams
from sync_scripts.publish.files import Note
from sync_scripts.publish.lists import CASES, PROVIDERS
from sync_scripts.store.database import Register
from sync_scripts.store.local.health import Finding
from sync_scripts.store.schema.raw import setting

__all__ = ["key", "notes", "of_lists"]

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
