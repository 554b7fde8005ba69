"""What a server says of a version beside its content, and where that stands here. Pure.

The content is kept byte for byte, so nothing that stands in it is kept a second time (record 0015).
"""

from __future__ import annotations

from sync_scripts.intake.receive.decisions import Keep
from sync_scripts.servers.base import Found
from sync_scripts.store.canonical import instant

__all__ = ["details", "submitter"]


def submitter(one: Keep) -> str | None:
    """Return the account that sent a version, as its server says; what the phone wrote counts where servers do not say.

    A KoboToolbox always says: nobody there is somebody without an account, whatever name the phone wrote.
    """
    found = one.item.found
    return found.submitter if found.shape == "kobo" else found.submitter or one.submission.submitter


def details(found: Found, at: str) -> dict[str, str | int]:
    """Return what stands in no column, for the line of custody: the number of the row, and the server's time when it is not ``at``.

    That happens where the server's clock, or a sender who may set it, is ahead of ours.
    """
    number, stamp = found.sighting.number, instant(found.received_at) if found.received_at else at
    return {**({} if number is None else {"row": number}), **({} if stamp == at else {"stamp": stamp})}
