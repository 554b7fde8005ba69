"""A form leaves one case for another: both are kept at least as closely as the one that it leaves. Writes nothing.

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
        kind, level = filed[root].kind, levels.get(code or "")
        if level is None or (kind != "interview" and level != CLOSEST):
            continue
        if kind == "interview":
            yield NewEvent(KEEP, f"{CASE}{code}", PROGRAM, {"confidentiality": level})
        said = {"confidentiality": level, "case_code": code}
        yield NewEvent(KEEP, f"{kind}:{filed[root].key}", PROGRAM, said)


def _levels(rows: Rows, codes: set[str]) -> dict[str, str]:
    case = tables.case.c
    return {
        row.case_code: row.confidentiality
        for some in chunks(sorted(codes))
        for row in rows.execute(select(case.case_code, case.confidentiality).where(case.case_code.in_(some)))
    }
