"""Who edited or deleted a submission, and when, as the history of a KoboToolbox has it. Asks only, and only by root.

The history says nothing of late or removed files, needs the right to manage the form, and answers a question that it
does not understand with nothing: it is never what finds a change. Lines of reading (``view-data``) are those of our own
pulls, so there is always one where it works at all. The address of whoever did it is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from sync_scripts.servers.base import Deed
from sync_scripts.servers.batches import batches
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.rows import ident, instant
from sync_scripts.servers.kobo.shapes import HistoryLine

__all__ = ["who"]

LINES: Final = 1000
"""Lines asked for at once; the server may show fewer, the newest first."""
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
        lines = _lines(account, form, bare)
        if lines is None:
            return None
        found += _deeds(form, lines)
    return tuple(found)


def _lines(account: Account, form: str, roots: Sequence[str]) -> tuple[HistoryLine, ...] | None:
    """Return the lines about some submissions of a form; where more are counted than shown, fewer are asked about at once.

    Of one alone the newest lines are what there is: no way to the others is known.
    """
    named = " OR ".join(f'metadata__submission__root_uuid:"{one}"' for one in roots)
    asked = f"(action:modify-submission OR action:delete-submission) AND ({named})"
    said = account.history(form, asked, limit=LINES)
    if said is None:
        return None
    if said.count <= len(said.results) or len(roots) == 1:
        return said.results
    found: tuple[HistoryLine, ...] = ()
    for some in (roots[: len(roots) // 2], roots[len(roots) // 2 :]):
        lines = _lines(account, form, some)
        if lines is None:
            return None
        found += lines
    return found


def _deeds(form: str, lines: Iterable[HistoryLine]) -> Iterator[Deed]:
    """Yield edits and deletions; a line with a status is a review, which the rows themselves say better."""
    for one in lines:
        about, at = one.metadata.submission, instant(one.date_created.removesuffix("Z"))
        if at is None or not about.root:
            continue
        if one.action == "delete-submission":
            yield Deed(form, ident(about.root), "deleted", one.username, at)
        elif one.action == "modify-submission" and about.status is msgspec.UNSET:
            yield Deed(form, ident(about.root), "edited", one.username, at)
