"""Codes of cases, alerts and workers and the identity of submissions: drawn at random, checked by their last symbol, read as people write them.

``DK-XXXXXX-C`` is a case, ``AL-XXXXXX-C`` an alert: six symbols of Crockford's base 32 and one check symbol. A code
says nothing: no date, no place, no sequence. Drawing is handed in from outside, so that tests and the demonstration
can deal known codes; a code once drawn is an event, and a rebuild gives it back. A name has no place here: it is sealed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import select

from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import alert, case, worker

Kind = Literal["DK", "AL"]
"""``DK`` for a case, ``AL`` for an alert."""

DrawCode = Callable[[Kind, str], str]
"""Gives a new code of a kind for the submission with a root id; must not give one code twice."""

ALERT: Final = "alert:"
CASE: Final = "case:"
LOOSE: Final = "loose:"
SITUATION: Final = "situation:"
"""How the names of units begin."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS: Final = ALPHABET + "*~$=U"
_BODY: Final = 6
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def check_symbol(body: str) -> str:
    """Return the check symbol of six symbols: their base-32 value modulo 37.

    One of ``* ~ $ = U`` means that the body makes no code.
    """
    value = 0
    for symbol in body:
        value = value * 32 + _VALUES[symbol]
    return _CHECKS[value % 37]


def code(kind: Kind, body: str) -> str:
    """Return the code of a body, for example ``DK-7Q2M4X-B``.

    Raises:
        ValueError: the body's check symbol is no letter or digit, or the body is not six symbols.
    """
    check = check_symbol(body)
    if len(body) != _BODY or check not in _VALUES:
        message = "this body makes no code"
        raise ValueError(message)
    return f"{kind}-{body}-{check}"


def draw(kind: Kind, _root_id: str = "") -> str:
    """Draw a code from the system's randomness; a body without a usable check symbol is drawn again.

    The code has nothing to do with the submission that it is for.
    """
    while True:
        number = secrets.randbits(5 * _BODY)
        body = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (_BODY - 1), -1, -5))
        if check_symbol(body) in _VALUES:
            return code(kind, body)


def misread(text: str, kind: Kind) -> bool:
    """Tell whether something typed is a code of a kind but for its check symbol: one sign misread, or two swapped."""
    if read(text, kind) is not None:
        return False
    bare = "".join(text.split()).replace("-", "").upper()
    if len(bare) == _BODY + 3 and bare[:2].translate(_ALIKE) == kind.translate(_ALIKE):
        bare = bare[2:]
    return len(bare) == _BODY + 1 and all(symbol in _VALUES for symbol in bare.translate(_ALIKE))


@lru_cache(maxsize=1024)
def read(text: str, kind: Kind) -> str | None:
    """Return the code that a person meant, None when it is none.

    Case does not count, ``O`` is 0, ``I`` and ``L`` are 1, blanks and hyphens are free; the prefix may be left out.
    """
    bare = "".join(text.split()).replace("-", "").upper()
    if len(bare) == _BODY + 3:
        if bare[:2].translate(_ALIKE) != kind.translate(_ALIKE):
            return None
        bare = bare[2:]
    bare = bare.translate(_ALIKE)
    if len(bare) != _BODY + 1 or not all(symbol in _VALUES for symbol in bare):
        return None
    return f"{kind}-{bare[:_BODY]}-{bare[_BODY]}" if check_symbol(bare[:_BODY]) == bare[_BODY] else None


Root = tuple[str, str]
"""(form stamp, root id): the identity of a submission in the register."""

_CHUNK: Final = 500


def root_of(unit: str) -> Root:
    """Return the submission that a unit or subject is named after."""
    stamp, _, root_id = unit.partition(":")[2].partition("/")
    return stamp, root_id


def chunks(items: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """Yield the items in lists of a bounded length."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def nearest_case(rows: Rows, text: str) -> str:
    """Return the case code that differs least from what was typed; empty when none is like it."""
    return nearest(text, (row.case_code for row in rows.execute(select(tables.case.c.case_code))))


def nearest_alert(rows: Rows, text: str) -> str:
    """Return the alert code that differs least from what was typed; empty when none is like it."""
    return nearest(text, (row.code for row in rows.execute(select(tables.alert.c.code))))


def nearest_worker(text: str, known: Mapping[str, bool]) -> str:
    """Return the code of somebody who works here that differs least from what was typed; empty when none is like it.

    Args:
        text: as typed; capitals do not count.
        known: workers as `known_workers` gives them.
    """
    here = {code.upper(): code for code in sorted(known) if known[code]}
    near = get_close_matches(text.strip().upper(), sorted(here), n=1)
    return here[near[0]] if near else ""


def nearest(text: str, known: Iterable[str]) -> str:
    """Return the one of some codes that differs least from what was typed; empty when none is like it."""
    return next(iter(get_close_matches(text.strip().upper(), sorted(known), n=1, cutoff=0.8)), "")


def worker_rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the workers that events name; the last event about a code counts."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        code = event.subject.removeprefix("worker:")
        roles = " ".join(sorted(event.payload["roles"].split()))
        found[code] = {"code": code, "roles": roles, "active": event.payload.get("active", True)}
    return list(found.values())


def write_workers(rows: Rows) -> bool:
    """Put the workers of all events in the place of the table's rows; tell whether any was another one."""
    made = worker_rows(store_events.read(rows, ops=["worker.add"]))
    return bool(rows.replace(worker, rows.tuples(select(worker)), made))


def active_workers(rows: Rows) -> dict[str, str]:
    """Return those who work here and were named: code -> roles, set apart by blanks."""
    asked = select(worker.c.code, worker.c.roles).where(worker.c.active)
    return {row.code: row.roles for row in rows.execute(asked.order_by(worker.c.code))}


def as_known(known: Iterable[str], typed: str) -> str:
    """Return a worker's code as it is known: capitals do not make another person. As it was typed when nobody has it."""
    code = typed.strip()
    every = list(known)
    return code if code in every else next((one for one in every if one.upper() == code.upper()), code)


def same_worker(one: str | None, other: str | None) -> bool:
    """Tell whether two codes are one person's; capitals do not count."""
    return one is not None and other is not None and one.strip().upper() == other.strip().upper()


def known_workers(rows: Rows) -> dict[str, bool]:
    """Return the workers that this register knows: code -> whether they work here.

    Known is who was named, and who was once given a case or an alert without being named.
    """
    given = [
        row[0]
        for column in (case.c.owner_code, alert.c.assigned_to)
        for row in rows.execute(select(column).where(column.is_not(None)).distinct())
    ]
    named = {row.code: row.active for row in rows.execute(select(worker.c.code, worker.c.active))}
    return {**dict.fromkeys(given, True), **named}
