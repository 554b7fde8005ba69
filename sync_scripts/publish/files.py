"""What to do with the lists that go out as files of a form: each sending is a new version of it on every phone. Pure.

So it happens at most every six hours unless somebody wants it now; what was begun is completed at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from sync_scripts.store.canonical import due, moment

__all__ = ["AT_ONCE", "PAUSE", "FilePlan", "Note", "believed", "exchanged", "md5", "plan_files"]

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
