"""The record of a pull: that it began, how it ended, what was held before and after. Reads no source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import func, select, update

from sync_scripts.errors import DikaloError
from sync_scripts.intake.lacking import lacking
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.base import Server
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import attachment, quarantine, run, submission

__all__ = ["Clock", "End", "after", "before", "recorded"]

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""
End = Callable[[PullReport, DikaloError | None], None]
"""Writes down how a run ended: its counts, and the first failure of a source, if there was one."""


def before(rows: Rows, sources: int, *, dry_run: bool) -> PullReport:
    """Return a report that says what is held before a run; ``sources`` is how many are looked at."""
    return PullReport(
        dry_run=dry_run,
        sources=sources,
        versions_before=_count(rows, submission),
        quarantine_before=_count(rows, quarantine, quarantine.c.state == "open"),
    )


def after(rows: Rows, report: PullReport, now: datetime) -> PullReport:
    """Add what is open after the run; a dry run adds to what is open now what it would have added."""
    if report.dry_run:
        opened = report.quarantine_before + report.quarantined_new - report.solved
        return replace(report, quarantine_open=opened)
    return replace(
        report,
        quarantine_open=_count(rows, quarantine, quarantine.c.state == "open"),
        files_waiting=_count(rows, attachment, attachment.c.state.in_(["missing", "empty"])),
        lacking=lacking(rows, now),
    )


def _count(rows: Rows, table: Any, *rules: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table).where(*rules)).scalar_one())


@contextmanager
def recorded(
    register: Register, servers: Sequence[Server], actor: Actor, clock: Clock, *, dry_run: bool
) -> Iterator[End]:
    """Write down that a run began, and give what writes down how it ended; a dry run leaves no record.

    A run that was killed stands there as running until the next one begins, which notes it as failed.
    """
    if dry_run:
        yield lambda _report, _failure: None
        return
    name = token_hex(8)
    _begin(register, name, servers, actor, clock)

    def end(outcome: str, counts: str) -> None:
        with register.writing() as rows:
            ended = {"outcome": outcome, "counts": counts, "ended_at": instant(clock())}
            rows.execute(update(run).where(run.c.id == name).values(ended))

    def record(report: PullReport, failure: DikaloError | None) -> None:
        outcome = "failed" if failure else "attention" if report.needs_person else "done"
        end(outcome, canonical(report.counts()))

    try:
        yield record
    except DikaloError:
        with suppress(DikaloError):  # a full disk has no room for this line either
            end("failed", "{}")
        raise


def _begin(register: Register, name: str, servers: Sequence[Server], actor: Actor, clock: Clock) -> None:
    begun = {
        "id": name,
        "command": "pull",
        "server": ",".join(sorted({one.name for one in servers})),
        "actor_code": actor.code,
        "started_at": instant(clock()),
        "outcome": "running",
        "counts": "{}",
    }
    with register.writing() as rows:
        rows.execute(
            update(run).where(run.c.command == "pull", run.c.outcome == "running").values(outcome="failed")
        )
        rows.many(run, [begun])
