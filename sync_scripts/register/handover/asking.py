"""What somebody asks to hand over: for which purpose, to whom. Parsed where it is typed; decides nothing."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.errors import UnknownCode, UsageProblem
from sync_scripts.register.disclosure.sharing import Asked, Receiver
from sync_scripts.register.model.suggestions import nearest
from sync_scripts.register.rules.labels import labels_of
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.register import provider

__all__ = ["KINDS", "PURPOSES", "PurposeUnfit", "ReceiverUnclear", "Request", "ServiceNeeded", "request"]

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
