"""The review of a submission in its server's own word: what it is, when it was given, for which version. Pure.

A KoboToolbox tells an approval that is given once more from the one before by its time alone, and lets it stand over an
edit. So the time belongs to the word, and the word of the version before is marked as such until the server says another.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sync_scripts.register.forms.loading import AGAIN
from sync_scripts.store.canonical import instant

APPROVED: Final = frozenset({"approved", "validation_status_approved"})
EDITED: Final = "edited"
"""What a Central says by itself of a submission that was edited and not reviewed since."""
_KOBO: Final = "validation_status_"
_AT: Final = "@"
"""Between a status of KoboToolbox and its time, in Unix seconds."""


def plain(review: str | None) -> str | None:
    """Return what the server says, without our mark that it said so of the version before."""
    return review.removeprefix(AGAIN) if review else review


def approved(review: str | None) -> bool:
    """Tell whether a word is an approval, of whatever version and time.

    >>> [approved(one) for one in ("approved", "validation_status_approved@1764144000", "validation_status_on_hold@1")]
    [True, True, False]
    """
    return (plain(review) or "").partition(_AT)[0] in APPROVED


def given(review: str | None) -> tuple[str, str] | None:
    """Return a status and when it was given, an instant as text; None without either, or when the time cannot be one.

    >>> given("validation_status_approved@1764144000")
    ('validation_status_approved', '2025-11-26T08:00:00.000000Z')
    """
    word, _, stamp = (plain(review) or "").partition(_AT)
    if not (word and stamp):
        return None
    try:
        return word, instant(datetime.fromtimestamp(int(stamp), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def carried(review: str | None) -> str | None:
    """Return under what word the next version of a submission stands until its server says another one.

    The approval of a KoboToolbox was for the version before; a Central says by itself that it was edited.
    """
    if review is None or review.startswith(AGAIN):
        return review
    return AGAIN + review if approved(review) and review.startswith(_KOBO) else None


def kept(before: str | None, now: str | None) -> str | None:
    """Return the word to keep when a server says ``now``: our mark stays while it says the same.

    "Edited" after an approval is marked, too: the server no longer says that there was one.
    """
    if plain(before) == now:
        return before
    return f"{AGAIN}{now}" if now == EDITED and approved(before) else now
