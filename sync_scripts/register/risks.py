"""What is said of the risk in a case, in the order in which the register heard it. Pure; for what stands, see `rating.risk`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sync_scripts.register.lifecycle import CaseNow
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant

__all__ = ["risks"]

RowOf = Mapping[str, Any]


def risks(
    filed: Iterable[Filed], assessments: Iterable[RowOf], followups: Iterable[RowOf], now: CaseNow
) -> Iterator[tuple[str, str | None]]:
    """Yield what assessments and follow-ups say of the risk, and that of each case that was merged into this one.

    Args:
        filed: the submissions of the case by arrival.
        assessments: the rows that interviews made.
        followups: those of the visits.
        now: where its events brought the case.
    """
    assessed = {row["assessment_id"]: row["retaliation_risk"] for row in assessments}
    reported = {row["followup_id"]: row["risk_change"] for row in followups}
    said: list[tuple[str, str, str | None]] = []
    for one in filed:
        at = instant(one.received[0])
        if one.root[1] in assessed and one.kind == "interview":
            said.append((at, "level", assessed[one.root[1]]))
        elif one.root[1] in reported:
            said.append((at, "change", reported[one.root[1]]))
    said += [(at, "at_least", risk) for at, _code, _level, risk in now.took]
    yield from ((kind, value) for _at, kind, value in sorted(said, key=lambda one: one[0]))
