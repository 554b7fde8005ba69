"""Why a case has its level: the rules over what is documented, and its alerts, in words and for a decision. Reads levels 0 to 2 only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, Table, select

from sync_scripts.register.case.triage import Verdict, reasons_in_words, triage
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.rules.ruleset import load
from sync_scripts.register.urgency.claims import READ, claims_of, facts_of
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["of_case"]


def of_case(rows: Rows, code: str, language: str) -> list[str]:
    """Return the sentences of the rules that hold for what is documented in a case; none when nothing can be rated.

    The rules in force are asked again as of the last form that could change the answer, as the register does. What an
    alert of the case brings is said on the alert's own page.
    """
    found = _rated(rows, code)
    return [text for _rule, text in reasons_in_words(found.stored(), language)] if found else []


def _rated(rows: Rows, code: str) -> Verdict | None:
    asked = [moment(at) for at in _asked(rows, code)]
    if not asked:
        return None
    found = {table: _rows(rows, table, code) for table in READ}
    corrections, rules = _rows(rows, tables.correction, code), load()
    said = claims_of(found, max(asked), "", corrections, rules)
    verdicts = [triage(facts_of(said, one, rules)) for one in said.assessed or ({},)]
    return verdicts[-1] if said.documented else None


def _rows(rows: Rows, table: Table, code: str) -> list[RowOf]:
    query = _of_case(select(table), table, code).order_by(table.c.filing_no, *table.primary_key)
    return [dict(row) for row in rows.execute(query).mappings()]


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
