"""What was given of a case, and to whom, read from its decisions and its services. Reads levels 0 to 2; writes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sync_scripts.register.handover.shares import Shared, shares
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events as store_events
from sync_scripts.store.schema import register as tables

__all__ = ["given_of", "given_rows"]


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
