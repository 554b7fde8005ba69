"""Find the new rows that refer somebody where the same service of the same provider is under way already. Writes nothing.

The row may be a second referral, or the first one written down again by somebody who did not see it: a person says which.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from sync_scripts.followup.inbound.comparison import Edited
from sync_scripts.followup.outbound.gather import service_for
from sync_scripts.register.lifecycle.moves import INTERVENTION_FINAL
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["referred_again"]


def referred_again(rows: Rows, edited: Iterable[Edited]) -> frozenset[str]:
    """Return the ids of new rows of referrals that are under way in the register, or stand further up in the same file."""
    found: set[str] = set()
    seen: set[tuple[str, str, str]] = set()
    for one in edited:
        if not one.new or one.spec.marker != "dk:referrals":
            continue
        case, provider = one.mine.get("code"), one.mine.get("provider")
        if not isinstance(case, str) or not isinstance(provider, str):
            continue
        service = service_for(rows, case, provider)
        if service is None:  # which one it is has to be said first
            continue
        if (case, service, provider.upper()) in seen or _under_way(rows, case, service, provider):
            found.add(one.row_id)
        seen.add((case, service, provider.upper()))
    return frozenset(found)


def _under_way(rows: Rows, case: str, service: str, provider: str) -> bool:
    made = tables.intervention.c
    given = select(made.provider_code).where(
        made.case_code == case, made.service == service, made.status.not_in(INTERVENTION_FINAL)
    )
    return any((code or "").upper() == provider.upper() for code in rows.execute(given).scalars())
