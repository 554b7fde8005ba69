"""What somebody asks to hand over of a case, and what was given of it: to whom, when, for what purpose. Reads levels 0 to 2.

A dossier, a referral told to a provider, evidence handed over, a case transferred: each is an event. What a follow-up
reports of a referral is no decision, and stands with the interventions. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.errors import UnknownCode, UsageProblem
from sync_scripts.register.disclosure.sharing import Asked, Receiver
from sync_scripts.register.model.codes import nearest
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import provider

PURPOSES: Final = ("justice", "un", "services")
"""Purposes for which one case is handed over: a court, an international body, a service that the person chose."""

KINDS: Final[dict[str, Receiver]] = {
    "court": "court",
    "authority": "authority",
    "un": "un",
    "ngo": "other_ngo",
}
"""How a receiver outside the directory begins -> what it is to the rules of consent."""

_LONGEST: Final = 60
_OFFICIAL: Final = "police"


PurposeUnfit: Final = UsageProblem.declare(
    "DK-Q01",
    "A dossier is made for one of these purposes: {possible}; not for {purpose}. Nothing was opened.",
)
ReceiverUnclear: Final = UnknownCode.declare(
    "DK-Q02",
    "Who is {receiver}? Nothing was opened. Name a provider of the directory (dikalo providers list), or say what the "
    "receiver is: court:NAME, authority:NAME, un:NAME or ngo:NAME, with a name of an office, never of a person.",
)
ServiceNeeded: Final = UsageProblem.declare(
    "DK-Q03",
    "For which service? A person agrees to give their identity to the services that they chose. Nothing was opened. "
    "Add --service with one of: {possible}.",
)


class Request(msgspec.Struct, frozen=True):
    """What is asked for.

    Attributes:
        purpose: one of `PURPOSES`.
        kind: what the receiver is to the rules of consent.
        receiver: its code in the directory, or the name that was typed.
        service: for the purpose ``services``, else empty.
    """

    purpose: str
    kind: Receiver
    receiver: str
    service: str = ""

    def asked(self, *, counsel: bool) -> Asked:
        """Return the question for the one function that says what may leave."""
        if self.purpose == "services":
            return Asked("referral_identity", self.kind, service=self.service)
        return Asked("bundle", self.kind, purpose=self.purpose, counsel=counsel)


def request(rows: Rows, purpose: str, to: str, service: str | None = None) -> Request:
    """Return a request as it was typed.

    Raises:
        PurposeUnfit, ReceiverUnclear, ServiceNeeded: as they say.
    """
    if purpose not in PURPOSES:
        raise PurposeUnfit(purpose=purpose, possible=", ".join(PURPOSES))
    kind, name = _receiver(rows, to)
    if purpose != "services":
        return Request(purpose, kind, name)
    if service not in labels_of("service", "en"):
        raise ServiceNeeded(possible=", ".join(labels_of("service", "en")))
    return Request(purpose, "authority" if service == _OFFICIAL else kind, name, service or "")


def _receiver(rows: Rows, to: str) -> tuple[Receiver, str]:
    word, colon, name = to.strip().partition(":")
    name = " ".join(name.split())
    if colon and word.strip().lower() in KINDS and 0 < len(name) <= _LONGEST:
        return KINDS[word.strip().lower()], name
    listed = rows.execute(select(provider.c.provider_code, provider.c.services)).all()
    for row in listed:
        if row.provider_code.upper() == to.strip().upper():
            official = _OFFICIAL in (row.services or "").split()
            return "authority" if official else "other_ngo", row.provider_code
    raise ReceiverUnclear(
        receiver=to.strip()[:_LONGEST], nearest=nearest(to, (one.provider_code for one in listed))
    )


def given_of(rows: Rows, code: str) -> list[Shared]:
    """Return what was handed over by decision in a case, in order."""
    made = tables.intervention
    query = select(made.c.intervention_id, made.c.provider_code, made.c.person_uid)
    served = {
        one.intervention_id: (one.provider_code, one.person_uid)
        for one in rows.execute(query.where(made.c.case_code == code))
    }
    return list(shares(store_events.read(rows, subjects=[f"case:{code}"]), served))


def given_rows(rows: Rows, code: str) -> list[dict[str, Any]]:
    """Return the same as plain values, the people by their pseudonyms; one line a hand-over."""
    person = tables.person
    query = select(person.c.uid, person.c.pseudonym).where(person.c.case_code == code)
    names = {one.uid: one.pseudonym or "" for one in rows.execute(query)}
    return [
        {
            "share": one.share,
            "at": one.at,
            "by": one.by,
            "proof": one.proof,
            "what": one.what,
            "name": one.name,
            "purpose": one.purpose,
            "receiver": one.receiver,
            "people": [names.get(uid, "") for uid in one.people],
            "file_sha256": one.file_sha256,
            "authorisation_no": one.authorisation,
            "closed": one.closed,
            "consents": list(one.consents),
        }
        for one in given_of(rows, code)
    ]


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
