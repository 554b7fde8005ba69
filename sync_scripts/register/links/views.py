"""The proposals as a person decides on them: both alerts side by side, and why. Reads levels 0 to 2; never a tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select

from sync_scripts.register.links.sight import Sight, may_see
from sync_scripts.register.risen_now import risen_now
from sync_scripts.register.submissions import chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["SIDE", "Proposals", "of_alert", "proposals"]

Line = dict[str, Any]

SIDE: Final = (
    "code",
    "state",
    "urgency",
    "case_code",
    "received_at",
    "date_min",
    "date_max",
    "department",
    "arrondissement",
    "icons",
    "victim_kind",
    "victim_count",
    "actor_kind",
    "info_source",
    "reporter_code",
)
"""What is shown of each of the two alerts."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Links of the register, the likeliest first.

    Attributes:
        links: each with its points, level, reasons, decision and the two alerts.
        hidden: how many this worker is not shown.
    """

    links: list[Line]
    hidden: int


def proposals(rows: Rows, sight: Sight, *, code: str | None = None, everything: bool = False) -> Proposals:
    """Return what the rules propose and nobody decided yet.

    Args:
        rows: where from.
        sight: who asks.
        code: only the links of this alert, decided ones too.
        everything: decided pairs too.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    link = tables.alert_link
    query = select(link)
    if code is not None:
        from sync_scripts.register.decisions.found import (
            alert_of,
        )  # here: the page of the day waits for no decision

        number = alert_of(rows, code)["filing_no"]
        query = query.where(or_(link.c.filing_no == number, link.c.other_no == number))
    elif not everything:
        query = query.where(link.c.decision == "pending")
    found = [dict(row) for row in rows.execute(query).mappings()]
    sides = _sides(rows, {number for line in found for number in (line["filing_no"], line["other_no"])})
    lines = [_line(line, sides[line["other_no"]], sides[line["filing_no"]]) for line in found]
    if code is None and not everything:
        lines = [line for line in lines if not _together(*line["alerts"])]
    shown = [line for line in lines if may_see(sight, *line["alerts"])]
    shown.sort(key=lambda line: (-line["points"], *(alert["code"] for alert in line["alerts"])))
    return Proposals(shown, len(lines) - len(shown))


def _together(one: Line, other: Line) -> bool:
    """Tell whether both alerts are in one case: somebody has put them together already."""
    return one["case_code"] is not None and one["case_code"] == other["case_code"]


def of_alert(rows: Rows, sight: Sight, code: str) -> list[Line]:
    """Return the links of an alert as its page names them: the other alert, how likely, what was decided.

    Pairs that were decided not to be the same are not among them.
    """
    found = []
    for line in proposals(rows, sight, code=code).links:
        if line["decision"] != "not_same":
            (other,) = [alert["code"] for alert in line["alerts"] if alert["code"] != code]
            found.append({"code": other, **{name: line[name] for name in ("level", "points", "decision")}})
    return found


def _line(link: Mapping[str, Any], earlier: Line, later: Line) -> Line:
    hidden = {"filing_no", "other_no", "alert_a", "alert_b"}
    return {"alerts": [earlier, later], **{name: one for name, one in link.items() if name not in hidden}}


def _sides(rows: Rows, numbers: Iterable[int]) -> dict[int, Line]:
    alert, filing = tables.alert, tables.filing
    query = select(alert, filing.c.first_received_at.label("received_at"))
    query = query.join(filing, filing.c.filing_no == alert.c.filing_no)
    found: dict[int, Line] = {}
    risen = risen_now(rows)
    for some in chunks(sorted(numbers)):
        for row in rows.execute(query.where(alert.c.filing_no.in_(some))).mappings():
            level = risen.get(row["code"]) or row["urgency_decided"] or row["urgency"]
            found[row["filing_no"]] = {**{name: row[name] for name in SIDE}, "urgency": level}
    return found
