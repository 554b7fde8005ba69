"""A form leaves one case for another: both are kept at least as closely, and the one that it leaves as urgent. Writes nothing.

What two people open is not opened by one by sending its form again with another code. Less is for people to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from sync_scripts.register.closely import CLOSEST
from sync_scripts.register.closeness import KEEP
from sync_scripts.register.standing import CASE, Before
from sync_scripts.register.submissions import Filed, Root, chunks
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables

__all__ = ["kept_as_before"]


def kept_as_before(
    rows: Rows, filed: Mapping[Root, Filed], before: Mapping[Root, Before], now: Mapping[Root, str | None]
) -> Iterator[NewEvent]:
    """Yield the events, by rule, that keep cases as closely as before.

    An interview takes its class along; of other forms, which have none, only what belonged to a C4 case is kept so.

    Args:
        rows: the transaction, in which the cases still stand as they were.
        filed: submissions that are built.
        before: where they belonged.
        now: code of the case in which each is now.
    """
    left = {root: one.case_code for root, one in before.items() if root in now and one.case_code != now[root]}
    levels = _levels(rows, {code for code in left.values() if code})
    for root, code in sorted(left.items()):
        kind, (level, urgency) = filed[root].kind, levels.get(code or "", (None, None))
        if level is None or (kind != "interview" and level != CLOSEST):
            continue
        if kind == "interview":
            kept = {"confidentiality": level} | ({} if _by_hand(filed[root]) else {"urgency": urgency})
            yield NewEvent(KEEP, f"{CASE}{code}", PROGRAM, kept)
        said = {"confidentiality": level, "case_code": code}
        yield NewEvent(KEEP, f"{kind}:{filed[root].key}", PROGRAM, said)


def _by_hand(filed: Filed) -> bool:
    """Tell whether a person's correction moved a form: then that one decided what the case is without it."""
    return any(one["field"] in {"case_code", "alert_code"} for one in filed.corrections)


def _levels(rows: Rows, codes: set[str]) -> dict[str, tuple[str, str]]:
    """Return how closely some cases are kept, and how the rules rate them."""
    case = tables.case.c
    return {
        row.case_code: (row.confidentiality, row.urgency)
        for some in chunks(sorted(codes))
        for row in rows.execute(
            select(case.case_code, case.confidentiality, case.urgency).where(case.case_code.in_(some))
        )
    }
