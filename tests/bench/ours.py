"""Our pull in a process of its own, for what the command does not show: a digest, a kill, faults found, shares of time.

``python -m tests.bench.ours pull|digest|found|counts|rebuilt|phases ROOT``. Codes depend on the submission and the clock stands, so
that two registers can be compared. Prints one document.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import func, select

from sync_scripts.intake import connections
from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.register.care import rebuild
from sync_scripts.servers.base import Server
from sync_scripts.servers.http import Patience
from sync_scripts.store import durable
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import TABLES
from sync_scripts.store.workspace import Workspace, open_workspace
from tests.bench.make import DAY
from tests.intake.scene import draw

NOW: Final = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
EVERY_S: Final = 0.002
ORDER: Final = frozenset({"filing_no", "arrival"})
"""Columns that number submissions in the order in which they were stored."""
QUICK: Final = Patience(tries=3, pause_s=0.01, pause_max_s=0.02)


@contextmanager
def there(root: Path) -> Iterator[tuple[Workspace, Server]]:
    """Give the workspace and its server."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    (settings,) = workspace.settings.server
    kept = connections.login_for(workspace.register, settings, "pull")
    with connections.reached(settings, kept, root, patience=QUICK) as client:
        yield workspace, connections.source(settings, client)
    workspace.close()


def pulled(root: Path, hours: float, kill: int) -> dict[str, Any]:
    """Pull once; ``kill`` = the step before which the process dies, -1 = none."""
    heard = Counter[str]()

    def hear(name: str) -> None:
        if heard.total() == kill:
            os.kill(os.getpid(), signal.SIGKILL)
        heard[name] += 1

    with there(root) as (workspace, server):
        now = NOW + timedelta(hours=hours)
        before = time.process_time()
        durable.watch(hear)
        try:
            done = pull(workspace.register, [server], workspace.actor(), Way(draw=draw, clock=lambda: now))
        finally:
            durable.watch(None)
        return {
            "failure": done.failure.code if done.failure else None,
            "pull_cpu_s": round(time.process_time() - before, 2),
            "steps": heard.total(),
            **_counted(done),
        }


def _counted(done: Pulled) -> dict[str, int]:
    report = done.report
    return {name: getattr(report, name) for name in ("seen", "new", "edited", "unchanged")}


def digest(root: Path) -> dict[str, Any]:
    """Return a number for everything that the register's tables and the raw rows say, and how many versions there are.

    ``content`` is the same without the numbers that say in which order submissions were stored.
    """
    workspace = open_workspace(root, secret=lambda _question: DAY)
    said, content = hashlib.sha256(), hashlib.sha256()
    with workspace.register.reading() as rows:
        for table in TABLES:
            told = [
                column for column in table.c if column.name != "task_id"
            ]  # made of the whole of an origin
            for line in sorted(_told(row) for row in rows.execute(select(*told))):
                said.update(line)
            whatever_order = [column for column in told if column.name not in ORDER]
            for line in sorted(_told(row) for row in rows.execute(select(*whatever_order))):
                content.update(line)
        kept = [column for column in raw.submission.c if column.name != "scope"]
        order = raw.submission.c.root_id, raw.submission.c.instance_id
        for row in rows.execute(select(*kept).order_by(*order)):
            said.update(_told(row))
        whatever_order = [column for column in kept if column.name not in ORDER]
        for row in rows.execute(select(*whatever_order).order_by(*order)):
            content.update(_told(row))
        count = rows.execute(select(func.count()).select_from(raw.submission)).scalar_one()
        live = rows.execute(
            select(func.count()).select_from(raw.submission).where(raw.submission.c.current)
        ).scalar_one()
    workspace.close()
    return {
        "digest": said.hexdigest()[:16],
        "content": content.hexdigest()[:16],
        "versions": count,
        "live": live,
    }


def _told(row: Sequence[Any]) -> bytes:
    """Return a row as text, without the parts of a second by which events follow one another inside a page."""
    return re.sub(r"\.\d{6}Z\b", "Z", repr(tuple(row))).encode()


def found(root: Path) -> dict[str, Any]:
    """Return the roots that were seen edited, deleted, reviewed, and those all of whose files are here."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    table, files = raw.submission.c, raw.attachment.c
    with workspace.register.reading() as rows:
        edited = select(table.root_id).group_by(table.root_id).having(func.count() > 1)
        deleted = select(table.root_id).where(table.status == "deleted").distinct()
        reviewed = select(table.root_id).where(table.review.like("%approved%")).distinct()
        here = select(files.root_id).where(files.state == "held").distinct()
        said = {
            name: sorted(rows.execute(asked).scalars())
            for name, asked in (
                ("edited", edited),
                ("deleted", deleted),
                ("reviewed", reviewed),
                ("late files", here),
            )
        }
    workspace.close()
    return said


def counts(root: Path) -> dict[str, int]:
    """Return how many rows each table of the register has, and how many versions there are."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        said = {
            table.name: int(rows.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (*TABLES, raw.submission)
        }
    workspace.close()
    return said


def rebuilt(root: Path) -> dict[str, int]:
    """Return how many tables a rebuild would change."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    found = rebuild.check(workspace.register, NOW)
    workspace.close()
    return {"differing": len(found.differing)}


def phases(root: Path) -> dict[str, Any]:
    """Pull and return the share of the CPU time of each function of the product, what it calls included."""
    seen: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        here = set()
        while frame is not None:
            if "sync_scripts" in frame.f_code.co_filename:
                here.add(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        seen.update(here)
        seen["all"] += 1

    with there(root) as (workspace, server):
        signal.signal(signal.SIGPROF, look)
        before = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        pull(workspace.register, [server], workspace.actor(), Way(clock=lambda: NOW))
        signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - before
    least = seen["all"] // 100
    shares = {name: round(count / seen["all"], 3) for name, count in seen.most_common() if count > least}
    return {"cpu_s": round(took, 2), "shares": shares}


_ASKED: Final[dict[str, Callable[[Path], dict[str, Any]]]] = {
    one.__name__: one for one in (digest, found, counts, rebuilt, phases)
}


def main() -> None:
    """Do what is asked and print a document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("pull", *_ASKED))
    parser.add_argument("root", type=Path)
    parser.add_argument("--hours", type=float, default=0.0, help="this much later")
    parser.add_argument("--kill", type=int, default=-1, help="die before this step")
    asked = parser.parse_args()
    if asked.what == "pull":
        said = pulled(asked.root, asked.hours, asked.kill)
    else:
        said = _ASKED[asked.what](asked.root)
    print(json.dumps(said))  # noqa: T201 - a program that prints its figures


if __name__ == "__main__":
    main()
