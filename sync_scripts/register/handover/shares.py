"""What was given to whom, when, for what and how: read from the decisions of a case, as the page of a case shows it. Pure.

A dossier, a referral told to a provider, evidence handed over, a case transferred: each is an event. What a follow-up
reports of a referral is no decision, and stands with the interventions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from sync_scripts.store.history.events import Event

__all__ = ["BEGIN", "GIVE", "Shared", "shares"]

BEGIN: Final = "dossier.open"
GIVE: Final = "share.give"


class Shared(msgspec.Struct, frozen=True):
    """One hand-over.

    Attributes:
        share: its id; for what has none, workspace and number of its event.
        at: instant.
        by, proof: who gave it.
        what: ``dossier``, ``referral``, ``evidence`` or ``transfer``.
        name: number of the intervention, pseudonym of the evidence; else empty.
        purpose: on which consent.
        receiver: whom it was given to; empty when nobody wrote it down.
        people: uids of those it is about; empty for everybody in the case.
        names: their pseudonyms.
        file_sha256: of the file as it was handed over.
        authorisation: number given by the data-protection authority.
        closed: how the file was closed: key, passphrase, clear; empty for what is no file.
        consents: days of the consents on which it rests, one for each of the people.
    """

    share: str
    at: str
    by: str
    proof: str
    what: str
    purpose: str
    receiver: str
    name: str = ""
    people: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    file_sha256: str = ""
    authorisation: str = ""
    closed: str = ""
    consents: tuple[str, ...] = ()


def shares(
    events: Iterable[Event], providers: Mapping[str, tuple[str | None, str | None]]
) -> Iterator[Shared]:
    """Yield what was handed over by decision, in order.

    Args:
        events: of one case.
        providers: provider and uid of the person by intervention id.
    """
    for event in events:
        if event.op == GIVE:
            yield _given(event)
        elif event.op == "intervention.move" and event.payload["to"] == "referred":
            yield _referred(event, *providers.get(event.payload["intervention"], (None, None)))
        elif event.op == "evidence.move" and event.payload["to"] == "shared":
            yield _base(
                event,
                "evidence",
                event.payload.get("purpose") or "",
                event.payload.get("receiver") or "",
                name=event.payload["evidence"],
            )
        elif event.op == "case.move" and event.payload["to"] == "transferred":
            yield _base(event, "transfer", "services", event.payload.get("transferred_to") or "")


def _base(event: Event, what: str, purpose: str, receiver: str, **more: Any) -> Shared:
    return Shared(
        f"{event.workspace}:{event.seq}",
        event.at,
        event.actor.code,
        event.actor.proof,
        what,
        purpose,
        receiver,
        **more,
    )


def _given(event: Event) -> Shared:
    said = event.payload
    people = said["people"]
    made = _base(
        event,
        said["what"],
        said["purpose"],
        said["receiver"],
        people=tuple(one["uid"] for one in people),
        names=tuple(one["person"] for one in people),
        file_sha256=said["file_sha256"],
        authorisation=said.get("authorisation_no") or "",
        closed=said.get("closed") or "",
        consents=tuple(one.get("consent") or "" for one in people),
    )
    return msgspec.structs.replace(made, share=said["share"])


def _referred(event: Event, provider: str | None, uid: str | None) -> Shared:
    return _base(
        event,
        "referral",
        "services",
        provider or "",
        name=str(event.payload.get("number") or ""),
        people=(uid,) if uid else (),
    )
