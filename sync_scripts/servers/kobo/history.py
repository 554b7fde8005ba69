"""Who edited or deleted a submission, and when, as the history of a KoboToolbox has it. Asks only, and only by root.

The history says nothing of late or removed files, needs the right to manage the form, and answers a question that it
does not understand with nothing: it is never what finds a change. Lines of reading (``view-data``) are those of our own
pulls, so there is always one where it works at all. The address of whoever did it is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from sync_scripts.servers.base import Deed
from sync_scripts.servers.batches import batches
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.rows import ident, instant
from sync_scripts.servers.kobo.shapes import History, HistoryLine

__all__ = ["who"]

LINES: Final = 1000
"""Lines asked for at once; the server may show fewer, the newest first."""
PAGES: Final = 50
"""Further questions about one submission in one run; what is older still is told as untold."""
_SECOND: Final = timedelta(seconds=1)
_PROBE: Final = "action:view-data"
_BARE: Final = re.compile(r"[0-9A-Za-z._-]{1,100}")
"""Ids that mean themselves in a question; a phone may give any."""


def who(account: Account, wanted: Iterable[tuple[str, str]]) -> tuple[Deed, ...] | None:
    """Return what was done to these submissions, named by form and root; None where the history cannot be asked.

    A refusal ends the asking: the next form is not tried. Raises what `Client.json` raises.
    """
    found: list[Deed] = []
    probed = False
    for form, roots in batches(wanted):
        bare = [one for one in (root.removeprefix("uuid:") for root in roots) if _BARE.fullmatch(one)]
        if not bare:
            continue
        if not probed:
            probe = account.history(form, _PROBE)
            if probe is None or not probe.count:
                return None
            probed = True
        said = _of(account, form, bare)
        if said is None:
            return None
        found += said
    return tuple(found)


def _of(account: Account, form: str, roots: Sequence[str]) -> list[Deed] | None:
    """Return what was done to some submissions of a form; where more lines are counted than shown, of fewer at once."""
    said = account.history(form, _question(roots), limit=LINES)
    if said is None:
        return None
    if said.count <= len(said.results):
        return [*_deeds(form, said.results)]
    if len(roots) == 1:
        return _of_one(account, form, roots[0], said)
    found: list[Deed] = []
    for some in (roots[: len(roots) // 2], roots[len(roots) // 2 :]):
        deeds = _of(account, form, some)
        if deeds is None:
            return None
        found += deeds
    return found


def _of_one(account: Account, form: str, root: str, said: History) -> list[Deed] | None:
    """Return what was done to one submission with more lines than a page, page by page back in time.

    A time is shown in whole seconds and kept finer, so the second at the edge of a page is asked for once more. What is not
    reached, because the pages are too many or one second has more lines than a page, is told as untold.
    """
    found: list[HistoryLine] = []
    edge: datetime | None = None
    for _page in range(PAGES):
        found += said.results
        if said.count <= len(said.results):
            return [*_deeds(form, found)]
        reached = min(filter(None, map(_at, said.results)), default=None)
        if reached is None or (edge is not None and reached + _SECOND >= edge):
            break
        edge = reached + _SECOND
        before = account.history(form, _question([root], edge), limit=LINES)
        if before is None:
            return None
        said = before
    oldest = min(filter(None, map(_at, found)), default=None)
    left = [Deed(form, ident(root), "untold", "", oldest)] if oldest else []
    return [*left, *_deeds(form, found)]


def _question(roots: Sequence[str], before: datetime | None = None) -> str:
    named = " OR ".join(f'metadata__submission__root_uuid:"{one}"' for one in roots)
    asked = f"(action:modify-submission OR action:delete-submission) AND ({named})"
    return f'{asked} AND date_created__lt:"{before:%Y-%m-%dT%H:%M:%SZ}"' if before else asked


def _at(one: HistoryLine) -> datetime | None:
    return instant(one.date_created.removesuffix("Z"))


def _deeds(form: str, lines: Iterable[HistoryLine]) -> Iterator[Deed]:
    """Yield edits and deletions; a line with a status is a review, which the rows themselves say better."""
    for one in lines:
        about, at = one.metadata.submission, _at(one)
        if at is None or not about.root:
            continue
        if one.action == "delete-submission":
            yield Deed(form, ident(about.root), "deleted", one.username, at)
        elif one.action == "modify-submission" and about.status is msgspec.UNSET:
            yield Deed(form, ident(about.root), "edited", one.username, at)
