"""What was opened of what is sealed: by whom, when, why, of which alert or case; and passphrases that a colleague replaced.

Reads the lines that stand there before the first byte was shown; opens nothing. Of a case of confidentiality C4 it says
that something was opened and not why, all but to its owner and the coordination; an opening of so much that the chain only counts it
names no case, and says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.history.erasures import scopes_of, units_of
from sync_scripts.register.history.logbook import chain_lines, line
from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import raw

OPENED: Final = "vault.open"
"""Under what name an opening stands among decisions."""
_MANY: Final = 5
"""So many codes are named; of more their number is."""


def openings(
    rows: Rows, text: str | None = None, *, since: str | None = None, actor: Actor | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what was opened, the oldest first, in the shape of the lines of `logbook`.

    Args:
        rows: where from.
        text: code of an alert or a case; everything without it. Who has none of that code is for `logbook` to say.
        since: instant as text from which on.
        actor: who reads; without it, somebody who sees no C4 case.
    """
    wanted = set(scopes_of(rows, text)) if text is not None else None
    every = (one for one in chain_lines(rows, '"action":"OPENED"') if one["action"] == "OPENED")
    found = [one for one in every if since is None or one["at"] >= since]
    if wanted is not None:
        items = _items(rows, wanted)
        found = [one for one in found if _touches(one["details"], wanted, items)]
    codes = _codes(rows, {scope for one in found for scope in _named(one["details"])})
    sealed = sealed_from(rows, actor or Actor("", "claimed"))
    for one in found:
        yield _line(one, codes, sealed)


def _named(details: Mapping[str, Any]) -> list[str]:
    """Return the scopes that an opening names; none of one that opened so many that it only counts them."""
    scopes = details.get("scopes")
    return list(scopes) if isinstance(scopes, list) else []


def _items(rows: Rows, scopes: Iterable[str]) -> dict[str, set[int]]:
    """Return what is sealed in some scopes: numbers by key page."""
    item = raw.sealed_item.c
    found: dict[str, set[int]] = defaultdict(set)
    for row in rows.among(select(item.key_page, item.item), item.scope, scopes):
        found[row.key_page].add(row.item)
    return found


def _touches(details: Mapping[str, Any], wanted: set[str], items: Mapping[str, set[int]]) -> bool:
    named = _named(details)
    if named:
        return not wanted.isdisjoint(named)
    ranges: Mapping[str, str] = details.get("items", {})
    return any(not items[page].isdisjoint(_numbers(text)) for page, text in ranges.items() if page in items)


def _numbers(text: str) -> Iterator[int]:
    for run in text.split(","):
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _count(text: str) -> int:
    """Return how many items of a key page a text like ``0-3,7`` names."""
    return sum(1 for _ in _numbers(text))


def _codes(rows: Rows, scopes: Iterable[str]) -> dict[str, set[str]]:
    """Return whose each scope is: the code of the case, else of the alert; a person's is that of her submission."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in units_of(rows, scopes):
        found[one.scope] |= {code for code in (one.alert, one.case) if code}
    return found


def _line(said: Mapping[str, Any], codes: Mapping[str, set[str]], sealed: frozenset[str]) -> dict[str, Any]:
    details = said["details"]
    about = sorted({code for scope in _named(details) for code in codes.get(scope, ())})
    hidden = not sealed.isdisjoint(about)
    payload = {"holder": details.get("holder"), "items": sum(map(_count, details.get("items", {}).values()))}
    return line(
        said["at"],
        OPENED,
        payload if hidden else {**payload, "reason": details.get("reason")},
        seq=said["seq"],
        actor=said["actor"],
        proof=details.get("proof", ""),
        about=" ".join(about) if len(about) <= _MANY else "",
        hidden=hidden,
    )


@dataclass(frozen=True, slots=True)
class Replaced:
    """Whose own passphrase somebody else replaced, who did, and when."""

    worker: str
    by: str
    at: str


def replaced(rows: Rows, since: datetime) -> Iterator[Replaced]:
    """Yield the passphrases that a colleague replaced since an instant, the last one first."""
    given = raw.event.c
    asked = select(given.subject).where(
        given.op == store_events.KEY_GIVEN,
        given.at >= instant(since),
        given.payload.contains(store_events.REPLACED),
    )
    subjects = rows.execute(asked.distinct()).scalars().all()
    if not subjects:
        return
    for one in reversed(list(store_events.read(rows, subjects=subjects, ops=[store_events.KEY_GIVEN]))):
        if one.payload.get(store_events.REPLACED) and one.at >= instant(since):
            yield Replaced(one.subject.removeprefix("worker:"), one.actor.code, one.at)
