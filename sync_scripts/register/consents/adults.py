"""Who of a case is a child, and from which day each is an adult, read from the register. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select

from sync_scripts.register.rules.clocks import ADULT, CHILD_BANDS, adult_from, child, local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["adults", "children"]


def children(rows: Rows, codes: Sequence[str]) -> dict[str, bool | None]:
    """Return of everybody in some cases whether it is a child, by uid; None where that is not known."""
    person = tables.person.c
    query = select(person.uid, person.is_child, person.age, person.age_band)
    found = rows.execute(query.where(person.filing_no.in_(_filings(codes)))).mappings()
    return {row["uid"]: child(dict(row)) for row in found}


def adults(rows: Rows, codes: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """Return from which day each child is 18 for certain, by (uid, interview in which her age was written down)."""
    person, talk, filing = tables.person, tables.interview, tables.filing
    query = (
        select(
            person.c.uid,
            person.c.is_child,
            person.c.age,
            person.c.age_band,
            talk.c.interview_id,
            talk.c.doc_date,
            filing.c.first_received_at,
        )
        .join(talk, talk.c.filing_no == person.c.filing_no)
        .join(filing, filing.c.filing_no == person.c.filing_no)
        .where(
            filing.c.case_code.in_(codes),
            or_(person.c.is_child.is_(True), person.c.age < ADULT, person.c.age_band.in_(CHILD_BANDS)),
        )
    )
    return {
        (row["uid"], row["interview_id"]): adult_from(dict(row), _day(row))
        for row in rows.execute(query).mappings()
    }


def _filings(codes: Sequence[str]) -> Select[tuple[int]]:
    """Ask for what was filed in some cases: by it their people are found without a walk through everybody."""
    filing = tables.filing.c
    return select(filing.filing_no).where(filing.case_code.in_(codes))


def _day(talk: Mapping[Any, Any]) -> date:
    """Return the day of a talk: as it was written, else the day when the form arrived."""
    if talk["doc_date"]:
        return date.fromisoformat(talk["doc_date"])
    return local_day(moment(talk["first_received_at"]), load())
