"""The tally and the record of a pull: what is counted while it runs, that it began and how it ended. Reads no source, holds no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import msgspec
from sqlalchemy import func, select, update

from sync_scripts.clock import Clock
from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.intake import notes
from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.errors import ContentChanged
from sync_scripts.intake.places.awaited_files import LACKING
from sync_scripts.intake.places.missing_files import lacking
from sync_scripts.intake.places.skipped_files import left
from sync_scripts.intake.places.table import ERASED, QUARANTINED, REPEAT, STORED
from sync_scripts.intake.receive.decisions import Aside, Decision, Erased, Keep, Same
from sync_scripts.intake.receive.split import hostile
from sync_scripts.intake.report import FormCount, FormTrouble, PullReport
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.servers.base import Server, Sighting, State, Trouble
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import attachment, place, run, submission
from sync_scripts.store.statements import PUT_ASIDE


@dataclass(slots=True)
class Tally:
    """Counts while a pull runs; ``report`` freezes them."""

    counts: Counter[str] = field(default_factory=Counter)
    forms: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)
    unread_of: set[tuple[str, str, str]] = field(default_factory=set)
    files_unread: set[tuple[str, str]] = field(default_factory=set)
    """Place and name ("" = their list) of files of this source that were not handed over."""
    proofs: list[Proof] = field(default_factory=list)
    kept: set[tuple[str, str, str]] = field(default_factory=set)
    """Server, form and root of what only the vault can open now; it may be heard of more than once in a run."""
    troubles: dict[tuple[str, str], Unreachable | NotAllowed] = field(default_factory=dict)
    """The first failure of each form, by server and form."""
    unknown: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many questions of a form version, by its stamps, have a name that no form here knows."""

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Count what was decided for a page; what was met at the same place before is not new."""
        for one in decisions:
            before = one.item.before.state if one.item.before else ""
            if isinstance(one, Keep):
                self._add("edited" if one.edit else "new", one)
                self.notes[notes.VersionsApart.code] += bool(one.joins)
                self.notes[notes.MaybeDraft.code] += one.item.found.state is State.UNKNOWN
                names = [media.name for media in one.split.media]
                self.notes[notes.HostileName.code] += sum(map(hostile, names))
                self.notes[notes.SameName.code] += len(names) - len(set(names))
            elif isinstance(one, Erased) and before != ERASED:
                self.counts["erased"] += 1
                self.notes[notes.ErasedShown.code] += not one.edited
            elif isinstance(one, Same) and before not in {STORED, REPEAT}:
                self._add("repeats", one)
            elif isinstance(one, Aside) and before != QUARANTINED:
                self._add("quarantined", one)
                self.counts["changed"] += isinstance(one.refusal, ContentChanged)
            self.notes[notes.ErasedEdited.code] += isinstance(one, Erased) and one.edited
            if before == QUARANTINED and not isinstance(one, Aside):
                self.counts["solved"] += 1

    def unread(self, server: Server, one: Sighting, tag: str) -> bool:
        """Count a version whose bytes could not be had, and tell whether it is the first time in this run.

        One of a server is named by eight signs of a keyed tag: it may be asked for again within a run.
        """
        if server.abilities.edits_by_root:
            name = (server.name, one.place.partition("\t")[0], tag[:8])
            if name in self.unread_of:
                return False
            self.unread_of.add(name)
        self.counts["unread"] += 1
        return True

    def file_unread(self, place: str, name: str = "") -> None:
        """Count a file, or a list of them, that was not handed over; a run that comes to it twice says so once."""
        if (place, name) not in self.files_unread:
            self.files_unread.add((place, name))
            self.notes[notes.FileUnread.code] += 1

    def trouble(self, server: str, one: Trouble) -> None:
        """Remember that a form could not be read to its end; said once a run."""
        self.troubles.setdefault((server, one.form), one.failure)

    def troubled(self, server: str) -> bool:
        """Tell whether something of a server was not read to its end."""
        return bool(self.unread_of) or any(name == server for name, _form in self.troubles)

    def _add(self, name: str, one: Decision) -> None:
        self.counts[name] += 1
        self.forms.setdefault(one.stamps, Counter())[name] += 1

    def add(self, other: Tally) -> None:
        """Count what was counted of another source, too."""
        self.counts.update(other.counts)
        self.notes.update(other.notes)
        for stamps, counted in other.forms.items():
            self.forms.setdefault(stamps, Counter()).update(counted)
        self.shown |= other.shown
        self.unread_of |= other.unread_of
        self.kept |= other.kept
        self.proofs += other.proofs
        self.troubles.update(other.troubles)
        self.unknown |= other.unknown

    def report(self, base: PullReport) -> PullReport:
        """Return the frozen report; ``base`` holds what is not counted here."""
        counted: dict[str, Any] = {name: self.counts[name] for name in _COUNTED}
        return replace(
            base,
            **counted,
            quarantined_new=self.counts["quarantined"],
            forms=tuple(
                FormCount(form, version, **found, unknown=self.unknown.get((form, version), 0))
                for (form, version), found in sorted(self.forms.items())
            ),
            notes=tuple(sorted((code, count) for code, count in self.notes.items() if count)),
            unread_of=tuple(sorted(self.unread_of)),
            proofs=tuple(self.proofs),
            troubles=tuple(
                FormTrouble(server, form, failure.code, failure.words())
                for (server, form), failure in self.troubles.items()
            ),
        )


_COUNTED: Final = (
    "seen",
    "unchanged",
    "new",
    "edited",
    "repeats",
    "changed",
    "solved",
    "unread",
    "erased",
    "files_new",
)
"""What is counted under the name that a report gives it."""


End = Callable[[str, PullReport, DikaloError | None, bool], None]
"""Writes down how the pull from one source ended: its name, its counts, its first failure, if there was one, and whether
it came to its end all the same."""


def before(rows: Rows, sources: int, *, dry_run: bool) -> PullReport:
    """Return a report that says what is held before a run; ``sources`` is how many are looked at."""
    return PullReport(
        dry_run=dry_run,
        sources=sources,
        versions_before=_count(rows, submission),
        quarantine_before=_count(rows, place, PUT_ASIDE),
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
        quarantine_open=_count(rows, place, PUT_ASIDE),
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
