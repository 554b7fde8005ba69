"""The record of a pull: that it began, how it ended, what was held before and after. Reads no source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import msgspec
from sqlalchemy import func, select, update

from sync_scripts.clock import Clock
from sync_scripts.errors import DikaloError
from sync_scripts.intake.places.awaited_files import LACKING
from sync_scripts.intake.places.missing_files import lacking
from sync_scripts.intake.places.skipped_files import left
from sync_scripts.intake.report import PullReport
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.servers.base import Server
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import attachment, quarantine, run, submission

__all__ = ["End", "after", "before", "cut_last", "recorded"]

End = Callable[[str, PullReport, DikaloError | None, bool], None]
"""Writes down how the pull from one source ended: its name, its counts, its first failure, if there was one, and whether
it came to its end all the same."""


def before(rows: Rows, sources: int, *, dry_run: bool) -> PullReport:
    """Return a report that says what is held before a run; ``sources`` is how many are looked at."""
    return PullReport(
        dry_run=dry_run,
        sources=sources,
        versions_before=_count(rows, submission),
        quarantine_before=_count(rows, quarantine, quarantine.c.state == "open"),
    )


WHOLE: Final = "whole"
"""In the counts of a run: it came to its end."""


def cut_last(rows: Rows, server: str) -> bool:
    """Tell whether the last pull from a server that is over was cut; one form that cannot be read cuts none."""
    asked = (
        select(run.c.outcome, run.c.counts)
        .where(run.c.command == "pull", run.c.server == server, run.c.outcome != "running")
        .order_by(run.c.started_at.desc(), run.c.id)
        .limit(1)
    )
    last = rows.execute(asked).one_or_none()
    return last is not None and last.outcome == "failed" and not msgspec.json.decode(last.counts).get(WHOLE)


def after(rows: Rows, report: PullReport, now: datetime) -> PullReport:
    """Add what is open after the run; a dry run adds to what is open now what it would have added."""
    if report.dry_run:
        opened = report.quarantine_before + report.quarantined_new - report.solved
        return replace(report, quarantine_open=opened)
    return replace(_open(rows, report), lacking=lacking(rows, now), left=left(rows))


def _open(rows: Rows, report: PullReport) -> PullReport:
    return replace(
        report,
        quarantine_open=_count(rows, quarantine, quarantine.c.state == "open"),
        files_waiting=_count(rows, attachment, LACKING),
        set_apart=unbuilt(rows).apart,
    )


def _count(rows: Rows, table: Any, *rules: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table).where(*rules)).scalar_one())


@contextmanager
def recorded(
    register: Register, servers: Sequence[Server], actor: Actor, clock: Clock, *, dry_run: bool
) -> Iterator[End]:
    """Write down that a run began, and give what writes down how it ended; a dry run leaves no record.

    Each source has a line of its own, so that one which is down says nothing of the others; it is written anew where the
    source was looked at again and brought more. A run that was killed stands there as running until the next one of the
    same workspace begins, which notes it as failed.
    """
    if dry_run:
        yield lambda _name, _report, _failure, _whole: None
        return
    ids = {name: f"{_of(register)}{token_hex(8)}" for name in sorted({one.name for one in servers})}
    left = dict(ids)
    _begin(register, ids, actor, clock)

    def record(name: str, report: PullReport, failure: DikaloError | None, whole: bool) -> None:
        outcome = "failed" if failure else "attention" if report.needs_person else "done"
        with register.writing() as rows:
            counts = _open(rows, report).counts() | {WHOLE: int(whole)}
            _end(rows, [ids[name]], outcome, canonical(counts), clock())
        left.pop(name, None)

    try:
        yield record
    except DikaloError:
        with (
            suppress(DikaloError),
            register.writing() as rows,
        ):  # a full disk has no room for this line either
            _end(rows, [*left.values()], "failed", "{}", clock())
        raise


def _end(rows: Rows, ids: Sequence[str], outcome: str, counts: str, now: datetime) -> None:
    ended = {"outcome": outcome, "counts": counts, "ended_at": instant(now)}
    rows.execute(update(run).where(run.c.id.in_(ids)).values(ended))


def _of(register: Register) -> str:
    """Return how the ids of this workspace's runs begin."""
    return f"{register.workspace_id}-"


def _begin(register: Register, ids: Mapping[str, str], actor: Actor, clock: Clock) -> None:
    begun = [
        {
            "id": id_,
            "command": "pull",
            "server": name,
            "actor_code": actor.code,
            "started_at": instant(clock()),
            "outcome": "running",
            "counts": "{}",
        }
        for name, id_ in ids.items()
    ]
    # of another source, one may be between its answers and its files, in a process of its own
    dead = [run.c.command == "pull", run.c.outcome == "running", run.c.server.in_(ids.keys())]
    if (
        register.dialect == "postgresql"
    ):  # another laptop's may be going on; this workspace's cannot, its lock is ours
        dead.append(run.c.id.startswith(_of(register), autoescape=True))
    with register.writing() as rows:
        rows.execute(update(run).where(*dead).values(outcome="failed"))
        rows.many(run, begun)
