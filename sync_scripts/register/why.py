"""Why a case has its level: the rules over what is documented, and its alerts, in words and for a decision. Reads levels 0 to 2 only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from sync_scripts.register.clock_sides import held_since
from sync_scripts.register.custody import believed
from sync_scripts.register.output import RowOf
from sync_scripts.register.rating import Documented, facts_of
from sync_scripts.register.ruleset import load
from sync_scripts.register.triage import Verdict, reasons_in_words, triage
from sync_scripts.register.unseen import read, seen_of
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["of_case", "seen_in"]


def of_case(rows: Rows, code: str, language: str) -> list[str]:
    """Return the sentences of the rules that hold for what is documented in a case; none when nothing can be rated.

    The rules in force are asked again as of the last form that could change the answer, as the register does. What an
    alert of the case brings is said on the alert's own page.
    """
    found = _rated(rows, code)
    return [text for _rule, text in reasons_in_words(found.stored(), language)] if found else []


def seen_in(rows: Rows, code: str) -> dict[str, int]:
    """Return what the rules say of a case and its alerts by now, as it is kept with a decision on its level."""
    alert, filing = tables.alert, tables.filing
    asked = select(alert.c.reasons).join(filing, filing.c.filing_no == alert.c.filing_no)
    stored = rows.execute(asked.where(filing.c.case_code == code)).scalars().all()
    found = _rated(rows, code)
    return seen_of([*map(read, stored), found.reasons if found else ()])


def _rated(rows: Rows, code: str) -> Verdict | None:
    found = _documented(rows, code)
    return triage(facts_of(found, load())) if found else None


def _documented(rows: Rows, code: str) -> Documented | None:
    def of(table: Any) -> list[RowOf]:
        query = _of_case(select(table), table, code).order_by(table.c.filing_no, *table.primary_key)
        return [dict(row) for row in rows.execute(query).mappings()]

    asked = list(_asked(rows, code))
    if not asked:
        return None
    return Documented(
        as_of=moment(max(asked)),
        acts=of(tables.act),
        people=of(tables.person),
        incidents=of(tables.incident),
        detentions=held_since(believed(of(tables.detention), of(tables.flag)), of(tables.correction)),
        information=of(tables.information),
        authors=of(tables.perpetrator),
        assessments=of(tables.assessment),
    )


def _asked(rows: Rows, code: str) -> Iterator[str]:
    """Yield when the forms came that could change the level: interviews, and visits that report a growing risk."""
    came = tables.filing.c.received_at
    yield from rows.execute(_of_case(select(came), tables.interview, code)).scalars()
    growing = _of_case(select(came), tables.followup, code).where(tables.followup.c.risk_change == "up")
    yield from rows.execute(growing).scalars()


def _of_case(query: Select[Any], table: Any, code: str) -> Select[Any]:
    filing = tables.filing
    return query.join_from(table, filing, filing.c.filing_no == table.c.filing_no).where(
        filing.c.case_code == code
    )
