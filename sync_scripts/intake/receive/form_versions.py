"""The versions of its forms that a server has, as it says and as the register remembers, so that nothing is read under no map.

A deployment notes its version before phones get it, where the server's version belongs to these very bytes alone; and, for a
run that was cut behind the server's yes, the next run does, which finds the form already there. What neither noted, a pull reads
back from the server: a Central gives every version that was ever published, byte for byte; a KoboToolbox gives the present one.

A submission may name any version, so questions in vain are bounded. Those about versions that nobody ever published keep
none that the server lists from being asked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import select

from sync_scripts.errors import DikaloError
from sync_scripts.register.forms.formmap import form_map, write_map
from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import deployed_form
from sync_scripts.store.seal.form_keys import fingerprint

UNSHOWN: Final = "-"
"""Stands for the key of a version of which the server says that it is encrypted, and does not show with what."""


@dataclass(frozen=True, slots=True)
class Book:
    """One version of a form as a server has it.

    Attributes:
        server: name of the server.
        form: what the server calls it in submissions.
        version: the server's own version.
        workbook: its bytes.
        encrypted: the server says that phones encrypt it, whether or not the workbook shows the key.
    """

    server: str
    form: str
    version: str
    workbook: bytes = field(repr=False)
    encrypted: bool = False


def note(rows: Rows, book: Book, stamps: tuple[str, str], now: datetime) -> None:
    """Remember one served version; ``stamps`` are form and version as its submissions name them.

    Raises:
        FormError: the workbook cannot be read.
    """
    rows.upsert(deployed_form, [described(book, stamps, now)])


def described(book: Book, stamps: tuple[str, str], now: datetime) -> dict[str, Any]:
    """Return the row of one served version."""
    said, public = _says(book.workbook)
    return {
        "server": book.server,
        "form": book.form,
        "version": book.version,
        "stamp": stamps[0],
        "stamp_version": stamps[1],
        "sha256": hashlib.sha256(book.workbook).hexdigest(),
        "map": said,
        "read_as": None,
        "public_key": fingerprint(public) if public else UNSHOWN if book.encrypted else None,
        "at": instant(now),
    }


@lru_cache(maxsize=8)
def _says(book: bytes) -> tuple[str, str]:
    """Return the map and the key of a workbook; many versions of a form may be one workbook."""
    from xlsform.workbooks import workbook  # and with it a library that most pulls have no need of

    form = workbook.read(book, file="xlsx").form
    return write_map(form_map(form)), form.settings.get("public_key", "").strip()


def any_known(rows: Rows, servers: Iterable[str]) -> bool:
    """Tell whether a form of these servers was ever sent to them, or came from them."""
    key = deployed_form.c
    return rows.execute(select(key.form).where(key.server.in_(sorted(servers))).limit(1)).first() is not None


def note_once(rows: Rows, book: Book, stamps: tuple[str, str], now: datetime) -> None:
    """Remember a version that is at a server, unless it is known: when it was seen first stays as it was.

    Raises:
        FormError: the workbook cannot be read.
    """
    key = deployed_form.c
    asked = select(key.at).where(
        key.server == book.server, key.form == book.form, key.version == book.version
    )
    if rows.execute(asked).first() is None:
        note(rows, book, stamps, now)


Found = TypeVar("Found")

MOST_ASKED: Final = 50
"""Questions in vain in one run, counted apart for versions that the server lists and for others."""


@dataclass(slots=True)
class Questions:
    """What was asked in one run.

    Attributes:
        server: which is asked.
        left: how often a version that the server may have was not asked for any more.
    """

    server: Server
    left: int = 0
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _vain: Counter[bool] = field(default_factory=Counter)
    _lists: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def ask(self, form: str, version: str, read: Callable[[], Found | None]) -> Found | None:
        """Return what is read of a version, once a run; None where the server does not give it, or is not asked any more."""
        if (form, version) in self._asked:
            return None
        versions = self._listed(form)
        listed = version in (versions or ())
        if self._vain[listed] >= MOST_ASKED:
            self.left += listed or versions is None
            return None
        self._asked.add((form, version))
        found = read()
        self._vain[listed] += found is None
        return found

    def _listed(self, form: str) -> frozenset[str] | None:
        """Return the versions of a form that the server lists; None where it does not say. Asked once a run."""
        if form not in self._lists:
            if len(self._lists) >= MOST_ASKED:  # forms, too, may be any
                return None

            try:
                self._lists[form] = listed(self.server, form)
            except DikaloError:
                self._lists[form] = None
        return self._lists[form]


def listed(server: Server, form: str) -> frozenset[str]:
    """Return the versions of a form that the server can be asked about, by its own word.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        return frozenset(one.version or "" for one in server.project.form_versions(form))
    if isinstance(server, Kobo):
        detail = server.account.detail(form)
        if detail is not None and detail.version_id == detail.deployed_version_id:
            return frozenset({detail.version_id})
    return frozenset()


def book(server: Server, form: str, version: str) -> tuple[bytes, bool] | None:
    """Return the workbook of a version, and whether the server says that phones encrypt it.

    None = the server does not give it. A workbook may bear a key although the server says nothing.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        raw = server.project.workbook_of(form, version)
        return None if raw is None else (raw, False)
    if isinstance(server, Kobo):
        detail = server.account.detail(form)
        if detail is not None and version == detail.version_id == detail.deployed_version_id:
            return server.account.workbook(form), detail.encrypted
    return None


def published(server: Server, form: str, version: str) -> datetime | None:
    """Return when a version was given to phones, by the server's own clock; None = the server does not say.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        versions = [one for one in server.project.form_versions(form) if (one.version or "") == version]
        stamps = [one.published_at or None for one in versions]
    elif isinstance(server, Kobo):
        detail = server.account.detail(form)
        stamps = (
            [one.date_deployed for one in detail.deployed_versions.results if one.uid == version]
            if detail
            else []
        )
    else:
        stamps = []
    return next((found for one in stamps if (found := _instant(one)) is not None), None)


def _instant(stamp: str | None) -> datetime | None:
    """Return a stamp as an aware instant; one without a zone means UTC."""
    try:
        found = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)) if found else None
