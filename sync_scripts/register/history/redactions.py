"""What the events say of people who were taken out of a case that goes on for others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sync_scripts.register.rules.retention import load
from sync_scripts.store.history.events import Event

__all__ = ["REDACT", "TAKEN_OUT", "gone_by", "stood", "taken_out"]

REDACT: Final = "person.redact"
"""The decision that one person is taken out of a case; it stands under the case."""
TAKEN_OUT: Final = "submission.redact"
"""What was taken out of one submission by it; it stands under the submission."""


def gone_by(events: Iterable[Event], uid: str, since: str) -> str | None:
    """Return when a person was taken out, the first time after an instant; None when she was not."""
    return next(
        (
            one.at
            for one in events
            if one.op == REDACT and one.payload["person_uid"] == uid and one.at > since
        ),
        None,
    )


def stood(events: Iterable[Event]) -> list[str]:
    """Return the levels of urgency that the rules had given a case when somebody was taken out of it."""
    return [one.payload["urgency"] for one in events if one.op == REDACT and one.payload.get("urgency")]


def taken_out(payload: Mapping[str, Any], entity: str, record: str, field: str) -> bool:
    """Tell whether an answer is among what an event `TAKEN_OUT` says was taken out.

    Args:
        payload: of the event: keys of rows that were emptied, and fields that were emptied elsewhere.
        entity: of the answer.
        record: key of its record; a choice or purpose stands behind a colon.
        field: its field.
    """
    name = f"{entity}.{field}"
    if name in load().keeps.always:
        return False
    rows: Sequence[str] = payload["rows"]
    return name in payload["fields"] or any(record == row or record.startswith(f"{row}:") for row in rows)
