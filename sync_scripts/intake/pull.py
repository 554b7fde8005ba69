"""Pull: from the sources into the raw store and the register. Never changes a source, never deletes what is held.

Page by page: look what may be new, read it, decide, and store the whole page in one transaction; then its files, a
few at a time. Stopped anywhere, it goes on at the next run; run twice, it changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.intake import record
from sync_scripts.intake.files import Shadow
from sync_scripts.intake.keyring import Keyring
from sync_scripts.intake.one_source import Source, Way
from sync_scripts.intake.plan import Known
from sync_scripts.intake.report import NumberUnreadable, PullReport
from sync_scripts.intake.spool import drop_old
from sync_scripts.intake.tagging import Tagger
from sync_scripts.intake.tally import Tally
from sync_scripts.intake.unlocking import unlocking
from sync_scripts.servers.base import Server
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.sealed_files import drop_orphans, tidy

__all__ = ["Pulled", "Way", "pull"]

Ended = Callable[[str, Tally, int, DikaloError | None], None]
"""Is told how what is pulled under one name ended: its counts, how many sources they are of, the first failure."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did.

    Attributes:
        report: the counts.
        failure: of the first source, or form of a source, that could not be read; the others were.
        shown: of the places that were asked for (``Way.only``), those that a source shows.
    """

    report: PullReport
    failure: DikaloError | None = None
    shown: frozenset[str] = frozenset()


def pull(register: Register, servers: Sequence[Server], actor: Actor, way: Way | None = None) -> Pulled:
    """Bring what is new from every source; safe to stop anywhere and to run again.

    The caller holds the lock of the workspace, unless it is a dry run. A source that cannot be read does not stop
    the others; what was stored before it failed stays.

    Raises:
        DiskFull, DatabaseFailed and the like: nothing of the page at hand was stored.
    """
    way = way or Way()
    with register.reading() as rows:
        base = record.before(rows, len(servers), dry_run=way.dry_run)
    with record.recorded(register, servers, actor, way.clock, dry_run=way.dry_run) as end:

        def ended(name: str, one: Tally, sources: int, failed: DikaloError | None) -> None:
            end(name, one.report(replace(base, sources=sources)), failed)

        tally, failure = _pull_all(register, servers, actor, way, ended)
    with register.reading() as rows:
        report = record.after(rows, tally.report(base), way.clock())
    return Pulled(report, failure, frozenset(tally.shown))


def _pull_all(
    register: Register, servers: Sequence[Server], actor: Actor, way: Way, end: Ended
) -> tuple[Tally, DikaloError | None]:
    """Pull every source; return the counts and the first failure: of a source before one of a single form.

    What is pulled under one name is told to ``end`` together, as soon as it is over: one source that fails, or that takes
    long, says nothing of the others.
    """
    tally, failures = Tally(), list[Unreachable | NotAllowed]()
    tags = Tagger(register.match_key)
    if not way.dry_run:
        with register.reading() as rows:
            tidy(rows, register.folder, way.clock())
        drop_old(register.folder, way.clock())
    overlay = Known()
    shadow: Shadow = {}
    keys = way.keys or Keyring.of(register)
    for name, same in _by_name(servers).items():
        counted, failed = Tally(), []
        for server in same:
            opening = unlocking(server, keys, way.clock, register.folder, way.file_limit)
            try:
                Source(register, opening, actor, way, counted, tags, overlay, shadow=shadow).pull()
            except (Unreachable, NotAllowed) as failure:
                failed.append(failure)
        counted.notes[NumberUnreadable.code] += tags.unreadable.total() - tally.notes[NumberUnreadable.code]
        tally.add(counted)
        failures += failed
        end(name, counted, len(same), next(iter([*failed, *counted.troubles.values()]), None))
    failures += tally.troubles.values()
    if not (way.dry_run or failures):
        drop_orphans(register.folder, way.clock())
    return tally, next(iter(failures), None)


def _by_name(servers: Sequence[Server]) -> dict[str, list[Server]]:
    found: dict[str, list[Server]] = {}
    for one in servers:
        found.setdefault(one.name, []).append(one)
    return found
