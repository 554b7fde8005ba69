"""What tests of consent share: decisions in a few words, the rows that they change, and what else a withdrawal touches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from tests.register.field import COORDINATOR, Field, dealt, service

SECOND = Actor("SU-01", "key")
CODE = dealt(0, "DK")


def by(field: Field, what: Callable[..., Any], *given: Any, actor: Actor = COORDINATOR, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, actor, field.later()) as who:
        return what(who, *given, **said)


def consents(field: Field) -> dict[str, dict[str, Any]]:
    """Return the rows of the consents of the only person, by purpose."""
    return {row["purpose"]: row for row in field.rows(tables.consent)}


def open_kinds(field: Field) -> list[str]:
    """Return the kinds of all open tasks."""
    return sorted(row["kind"] for row in field.rows(tables.task) if row["done_at"] is None)


def same_after_rebuild(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


def with_traces(field: Field) -> None:
    """Let a referral be out, a message wait, and a workbook's values be kept."""
    field.send("followup", "f1", service(CODE, "referred"))
    with field.register.writing() as rows:
        export = dict.fromkeys(("export_id", "by", "at", "tier", "scope", "lang", "expires", "columns"), "x")
        rows.execute(insert(workbooks.followup_export).values(**export))
        for row_id, code in (("1", CODE), ("2", dealt(1, "DK"))):
            line = {"export_id": "x", "sheet": "s", "row_id": row_id, "values": "{}", "case_code": code}
            rows.execute(insert(workbooks.followup_row).values(**line))
        rows.execute(insert(raw.outbox).values(**waiting("a", f"case:{CODE}")))
        rows.execute(insert(raw.outbox).values(**waiting("b", f"case:{dealt(1, 'DK')}")))


def waiting(name: str, subject: str) -> dict[str, Any]:
    """Return a message that waits."""
    return {
        "id": name,
        "destination": "d",
        "reason": "case",
        "level": "critical",
        "params": '{"due_at":null,"region":null}',
        "subject": subject,
        "dedupe_key": name,
        "state": "waiting",
        "not_before": "2026-11-20T08:00:00.000000Z",
        "attempts": 0,
        "created_at": "2026-11-20T08:00:00.000000Z",
    }
