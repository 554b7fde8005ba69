"""Levels that people decided: what counts of them, the highest that an alert ever had, and what raises that of a case. Reads only.

Who lowers an alert may be right. Whether two people must agree that nothing is done with it is not for that person alone
to say, so the question is what the alert ever was and not what it was made into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync_scripts.config import LEVELS
from sync_scripts.register.case.triage import Verdict, highest
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_subject
from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.forms.loading import load as load_submissions
from sync_scripts.register.history.merges import danger_behind
from sync_scripts.register.model.errors import RefusalDismisses
from sync_scripts.register.obligations.upkeep import CARRIED
from sync_scripts.register.rules.ruleset import Urgency, load
from sync_scripts.register.urgency.alerts import levels_ever, seen_of
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event, NewEvent


def alert_level(found: Mapping[str, Any]) -> str:
    """Return the level of an alert that counts, from its row as `alert_of` gives it."""
    level: str | None = found["level"]
    return level or LEVELS[0]


def case_level(rows: Rows, row: Mapping[str, Any]) -> str:
    """Return the level of a case that counts, from its row; danger that came into a case merged into it counts, too."""
    level: str = row["level"]
    return danger_behind(rows, [row["case_code"]]).get(row["case_code"], level)


def raised_with(by: By, case: Mapping[str, Any], level: str, reason: str) -> list[NewEvent]:
    """Return the decision that raises a decided level of a case to one that is tied to it, or merged into it, where that is higher.

    Raising is free. Where the rules have risen above what was decided by then, the higher of both counts already, and nobody
    has looked at that: what comes now raises it only above both.

    Args:
        by: who ties or merges.
        case: its row.
        level: of the alert, or of the case that is merged.
        reason: why, as it was said.
    """
    decided, rules = case["urgency_decided"], load()
    if decided is None or rules.rank(case_level(by.rows, case)) >= rules.rank(level):
        return []
    payload = {
        "was": decided,
        "urgency": level,
        "rule": case["urgency"],
        "reason": reason.strip(),
        CARRIED: True,
    }
    return [by.event("case.urgency", f"case:{case['case_code']}", payload)]


def ever_urgent(rows: Rows, found: Mapping[str, Any]) -> bool:
    """Tell whether an alert, from its row as `alert_of` gives it, ever had a level that one person does not dismiss."""
    return highest_ever(rows, found) in load().override.dismiss.second_person_levels


def highest_ever(rows: Rows, found: Mapping[str, Any]) -> Urgency | None:
    """Return the highest level that an alert ever had; None of one that was never rated."""
    root = (found["stamp"], found["alert_id"])
    events = list(store_events.read(rows, subjects=[alert_subject(found)]))
    filed = load_submissions(rows, [root], Shelf(rows)).get(root)
    by_rule = [one.level for one in levels_ever(filed, events)] if filed is not None else []
    said = [found["urgency"], found["urgency_decided"], *_said(events), *by_rule]
    return highest([one for one in said if one])


def known_of(by: By, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept with the decision that sets an alert aside: the highest level that the rules ever gave it."""
    return {"rule": highest([one.level for one in _ever(by, found)])}


def _ever(by: By, found: Mapping[str, Any]) -> list[Verdict]:
    """Return how the rules rate an alert, and ever rated it."""
    root = (found["stamp"], found["alert_id"])
    filed = load_submissions(by.rows, [root], Shelf(by.rows)).get(root)
    events = list(store_events.read(by.rows, subjects=[alert_subject(found)]))
    return list(levels_ever(filed, events)) if filed is not None else []


def shown_of(by: By, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what whoever proposes to set an alert aside has before them: a second person signs for that, and no other danger."""
    return {
        "state": found["state"],
        "urgency": alert_level(found),
        "reasons": seen_of(one.reasons for one in _ever(by, found)),
    }


def _said(events: Sequence[Event]) -> Iterator[str | None]:
    """Yield the levels that decisions name: what the rules said then, and what a person set."""
    for event in events:
        if event.op in {"alert.triage", "alert.dismiss"}:
            yield from (event.payload.get("rule"), event.payload.get("urgency"))


def require_two_to_refuse(by: By, found: Mapping[str, Any], consent: str | None) -> None:
    """Let the consent of an alert be set, unless that would dismiss by rule what one person must not dismiss.

    ``found`` is the row as `alert_of` gives it.

    Raises:
        RefusalDismisses: nobody triaged it, and it was urgent: triage it and let two people dismiss it.
    """
    if consent == "refused" and found["state"] == "received" and ever_urgent(by.rows, found):
        raise RefusalDismisses(alert=found["code"])
