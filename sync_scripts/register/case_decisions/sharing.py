"""Decisions to hand something of a case to somebody outside: written down before it is opened, and before it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sync_scripts.register.consents.doors import answers_for
from sync_scripts.register.consents.errors import ConsentChanged, ConsentGone
from sync_scripts.register.decisions.base import By
from sync_scripts.register.handover.handovers import BEGIN, GIVE, Request

Closed = Literal["key", "passphrase", "clear"]
"""How a file is closed: for a public key, under a passphrase, not at all."""


class Handing(msgspec.Struct, frozen=True):
    """A dossier on its way.

    Attributes:
        share: id of this hand-over.
        case: code of the case.
        request: for what and to whom.
        reason: why.
        people: uid, pseudonym and day of the consent of those of whom anything leaves.
        authorisation: number given by the data-protection authority, or empty.
    """

    share: str
    case: str
    request: Request
    reason: str
    people: tuple[tuple[str, str, str], ...]
    authorisation: str = ""


def begin_share(by: By, handing: Handing) -> None:
    """Write down that a dossier is about to be opened: for whom, why, about whom.

    Whether it may leave is asked once more, in the same transaction: a colleague may have written down a withdrawal while
    the passphrase was typed.

    Raises:
        ConsentChanged: somebody whose records were chosen agrees no more.
    """
    if gone := _gone(by, handing):
        raise ConsentChanged(case=handing.case, people=", ".join(gone))
    by.write(by.event(BEGIN, f"case:{handing.case}", _said(handing)))


def give_share(by: By, handing: Handing, file_sha256: str, *, closed: Closed, clear: str = "") -> None:
    """Write down that it was made: the hash of the very file, how it is closed, and why it lies unsealed if it does.

    Whether it may leave is asked for the last time: somebody may have read the page for a while.

    Raises:
        ConsentGone: somebody of whom it tells agrees no more.
    """
    if gone := _gone(by, handing):
        raise ConsentGone(case=handing.case, people=", ".join(gone))
    said = {**_said(handing), "file_sha256": file_sha256, "what": "dossier", "closed": closed}
    if clear:
        said["clear"] = clear
    by.write(by.event(GIVE, f"case:{handing.case}", said))


def _gone(by: By, handing: Handing) -> list[str]:
    """Return the pseudonyms of those whose records were chosen and who agree no more."""
    asked = handing.request.asked(counsel=False)  # whether a lawyer stands by is looked up
    answers = answers_for(by.rows, handing.case, asked, by.now, [uid for uid, _, _ in handing.people])
    return [name for uid, name, _ in handing.people if not answers[uid].allowed]


def _said(handing: Handing) -> dict[str, object]:
    request = handing.request
    people: Sequence[dict[str, str]] = [
        {"uid": uid, "person": name, "consent": day} for uid, name, day in handing.people
    ]
    return {
        "share": handing.share,
        "purpose": request.purpose,
        "receiver": request.receiver,
        "receiver_kind": request.kind,
        **({"service": request.service} if request.service else {}),
        **({"authorisation_no": handing.authorisation} if handing.authorisation else {}),
        "people": people,
        "reason": handing.reason,
    }
