"""Triggers that keep the chain, the events and what arrived append-only, on both databases.

They guard against a slip of this program, not against somebody who holds the key of the database. That numbers have no
gap is checked when a chain is walked: a trigger for it would cost each line twice its price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One thing that must not happen to a table.

    Attributes:
        table: the table.
        deed: ``DELETE``, ``UPDATE`` or ``UPDATE OF columns``.
        when: the condition under which it is refused; empty = always. NEW and OLD are the rows.
    """

    table: str
    deed: str
    when: str = ""


GUARDS = (
    Guard("custody", "UPDATE"),
    Guard("custody", "DELETE"),
    Guard("event", "UPDATE"),
    Guard("event", "DELETE"),
    Guard("submission", "DELETE"),
    Guard(
        "submission",
        "UPDATE OF server, form, root_id, instance_id, stamp, deprecated_id, form_version, submitter, received_at,"
        " device_start, device_end, scope, size, arrival",
    ),
    # an open part changes only when somebody is taken out of it, and what was so says it for ever
    Guard(
        "submission",
        "UPDATE OF open_part, open_hash",
        "OLD.open_part IS NOT NULL AND NEW.status <> 'erased'"
        " AND COALESCE(NEW.redacted_at, '') = COALESCE(OLD.redacted_at, '')",
    ),
    Guard("submission", "UPDATE OF redacted_at", "NEW.redacted_at IS NULL AND OLD.redacted_at IS NOT NULL"),
    Guard("form_version", "DELETE"),
    Guard("form_version", "UPDATE OF form, version, sha256, workbook"),
    Guard("sealed_item", "UPDATE"),
    Guard(
        "sealed_item",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM erasure_pending AS p WHERE p.key_page = OLD.key_page AND p.item = OLD.item)",
    ),
    # keys that late submissions still need, and what waits sealed for one of them
    Guard("form_key", "DELETE"),
    Guard("form_key", "UPDATE"),
    Guard("place", "DELETE", "OLD.key_page IS NOT NULL"),
    Guard("waiting_file", "DELETE"),
    # what was erased stays on the list of what may not come again
    Guard("erased", "DELETE"),
    Guard("erased", "UPDATE OF id, scope"),
)
"""Of the first layout."""


def statements(dialect: str, guards: Sequence[Guard]) -> Iterator[str]:
    """Yield the SQL that sets some guards."""
    make = _sqlite if dialect == "sqlite" else _postgresql
    if dialect == "postgresql":
        yield _REFUSE
    for number, guard in enumerate(guards, 1):
        yield from make(f"guard_{guard.table}_{number}", guard)


def _sqlite(name: str, guard: Guard) -> Iterator[str]:
    when = f" WHEN {guard.when}" if guard.when else ""
    yield (
        f"CREATE TRIGGER {name} BEFORE {guard.deed} ON {guard.table}{when}"
        f" BEGIN SELECT RAISE(ABORT, 'append-only: {guard.table}'); END"
    )


_REFUSE = """
CREATE OR REPLACE FUNCTION dikalo_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only' USING ERRCODE = '23514', CONSTRAINT = 'append-only: ' || TG_TABLE_NAME;
END $$
"""


def _postgresql(name: str, guard: Guard) -> Iterator[str]:
    """PostgreSQL allows no query in WHEN, so such a condition becomes a function of its own."""
    call = "dikalo_refuse()"
    if "SELECT" in guard.when:
        call = f"dikalo_{name}()"
        yield (
            f"CREATE FUNCTION {call} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {guard.when} THEN"
            f" RAISE EXCEPTION 'append-only' USING ERRCODE = '23514', CONSTRAINT = 'append-only: {guard.table}';"
            f" END IF; RETURN OLD; END $$"
        )
    when = f" WHEN ({guard.when})" if guard.when and "SELECT" not in guard.when else ""
    yield (
        f"CREATE TRIGGER {name} BEFORE {guard.deed} ON {guard.table} FOR EACH ROW{when} EXECUTE FUNCTION {call}"
    )
    if guard.deed == "DELETE":
        yield (
            f"CREATE TRIGGER {name}_all BEFORE TRUNCATE ON {guard.table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION dikalo_refuse()"
        )
