"""What is recorded of the consents in a case, and what may leave because of it, as plain values. Levels 0 to 2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sync_scripts.register.consents.agreements import agreed_in
from sync_scripts.register.decisions.found import alert_of, alert_subject, case_of
from sync_scripts.register.disclosure.sharing import Agreed, Asked, may_leave, warnings
from sync_scripts.register.history.erasures import erased_among, taken_among
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

Line = dict[str, Any]

DOORS: tuple[tuple[str, Asked], ...] = (
    ("referral", Asked("referral", "other_ngo")),
    ("transfer", Asked("transfer", "other_ngo")),
    ("report", Asked("report", "public")),
    ("gbvims", Asked("gbvims", "other_ngo")),
    ("mrm", Asked("mrm", "un")),
    ("uwazi", Asked("uwazi", "public", purpose="advocacy")),
    ("bundle", Asked("bundle", "court", purpose="justice", counsel=True)),
    ("bundle_un", Asked("bundle", "un", purpose="un")),
    ("media_kit", Asked("media_kit", "media")),
    ("evidence", Asked("evidence", "court", purpose="justice", counsel=True)),
    ("facts", Asked("facts")),
    ("services", Asked("services")),
    ("contact", Asked("contact")),
)
"""What is shown of what may leave; a referral stands for one to another organisation, without identity.

Rows of lists and messages are not shown: they leave until everybody withdrew, and the page says when that is so.
"""


def case_consents(rows: Rows, text: str, at: datetime) -> Line:
    """Return the consents of a case, person by person, and what may leave at an instant.

    Everybody is among them whom a withdrawal or an override can name, also who was never spoken to.

    Raises:
        CaseUnknown: there is none of that code.
    """
    code = case_of(rows, text)["case_code"]
    agreed = agreed_in(rows, code)
    named = _pseudonyms(rows, code)
    taken = taken_among(rows, [code]).get(code, set())
    unasked = {uid: Agreed(erased=agreed.erased or uid in taken) for uid in named}
    people = sorted((unasked | dict(agreed.people)).items(), key=lambda one: (named.get(one[0], "~"), one[0]))
    return {
        "code": code,
        "stopped": agreed.stopped(at),
        "erased": agreed.erased,
        "people": [_person(named.get(uid, "?"), one, at) for uid, one in people],
    }


def _person(pseudonym: str, agreed: Agreed, at: datetime) -> Line:
    on = local_day(at, load())
    return {
        "person": pseudonym,
        "child": agreed.child,
        "withheld": agreed.withheld.split(),
        "warnings": list(warnings(agreed.withheld)),
        "consents": [
            {
                "purpose": one.purpose,
                "state": one.state,
                "scope": one.scope,
                "detail": one.detail,
                "given_at": one.given_at,
                "expires_at": one.expires_at,
                "expired": one.expires_at is not None and one.expires_at <= on.isoformat(),
                "withdrawn_at": one.withdrawn_at,
                "override_until": one.override_until,
                "override_by": [code for code in (one.override_by_1, one.override_by_2) if code],
                "override_reason": one.override_reason,
            }
            for one in agreed.consents
        ],
        "may_leave": dict(_doors(agreed, at)),
    }


def _doors(agreed: Agreed, at: datetime) -> Iterator[tuple[str, Line]]:
    for name, asked in DOORS:
        answer = may_leave(asked, agreed, at, local_day(at, load()))
        yield name, {"allowed": answer.allowed, "why": answer.why, "by_override": answer.by_override}


def _pseudonyms(rows: Rows, code: str) -> dict[str, str]:
    person = tables.person
    query = select(person.c.uid, person.c.pseudonym).where(person.c.case_code == code)
    return {row.uid: row.pseudonym for row in rows.execute(query) if row.pseudonym}


def alert_consent(rows: Rows, text: str) -> Line:
    """Return what an alert says of consent: it covers handling the alert, and nothing else.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    found = alert_of(rows, text)
    return {
        "code": found["code"],
        "state": found["consent_state"],
        "case_code": found["case_code"],
        "erased": alert_subject(found) in erased_among(rows, [alert_subject(found)]),
    }
