"""Whom a piece of evidence involves. Pure.

Nobody writes down who is on a picture, so more people are asked rather than fewer: of what an interview brought, the
person interviewed and all victims of the acts of its incident; of what was brought to the desk later, everybody in the
case. A redacted copy involves the people of its original, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

__all__ = ["CaseRows", "involved"]

Row = Mapping[Any, Any]


class CaseRows(msgspec.Struct, frozen=True):
    """What the rows of a case say of its people: interviews, acts, who suffered them, evidence, and everybody's uid."""

    interviews: Sequence[Row]
    acts: Sequence[Row]
    suffered: Sequence[Row]
    evidence: Sequence[Row]
    people: Sequence[str]


def involved(item: Row, rows: CaseRows) -> list[str]:
    """Return the uids of the people whom a piece of evidence involves, each once."""
    found = dict.fromkeys(_of_item(item, rows))
    for original in rows.evidence:
        if original["uid"] == item["redacted_from"]:
            found |= dict.fromkeys(_of_item(original, rows))
    return list(found)


def _of_item(item: Row, rows: CaseRows) -> Iterable[str]:
    talked = [one["person_uid"] for one in rows.interviews if one["filing_no"] == item["filing_no"]]
    if not any(talked):
        return rows.people
    acts = {one["uid"] for one in rows.acts if one["incident_id"] == item["incident_id"]}
    return [*talked, *(one["person_uid"] for one in rows.suffered if one["act_uid"] in acts)]
