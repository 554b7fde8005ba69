"""One round: what a coordinator does every morning, in its order, each part whatever became of the one before, a fault of the program too.

Look at the workspace, pull the answers from each source in a process of its own (one that hangs at a folder is given up,
and so is a backup that hangs at its place), say what is overdue, send what waits to be told, publish the open cases; then let the files come, check the
register, and show what needs somebody. What is critical is sent beside a pull, each minute, and so is what comes due while
files come: an alarm must not wait for photos. Where a place for backups is set and there, one is made a day, after all else: a slow stick holds up nothing, and what comes due
meanwhile is sent each minute, too. The round holds the one lock of the workspace from beginning to end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from sync_scripts.backup.planning import due_place
from sync_scripts.clock import Clock
from sync_scripts.daily.backing_up import BackingUp
from sync_scripts.daily.child import Failure
from sync_scripts.daily.every_source import Pulls
from sync_scripts.daily.pulling import Pull, sources_of
from sync_scripts.errors import Damaged, DikaloError, Worded
from sync_scripts.followup.outbound import snapshot
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.connections import Ask, LoginMissing, nobody
from sync_scripts.intake.report import Verified
from sync_scripts.notify import Flushed, flush, in_all
from sync_scripts.publish.audiences import ZoneMissing
from sync_scripts.publish.lists import Done
from sync_scripts.publish.rounds import Order, Published, publish
from sync_scripts.register.building.marks import say_left_alone
from sync_scripts.register.building.notices import escalate
from sync_scripts.register.building.portions import named
from sync_scripts.register.care.form_learning import learn_forms, learn_holidays
from sync_scripts.register.queries.today import Today, today
from sync_scripts.store.day_key import finish
from sync_scripts.store.health import Finding, of_folder, of_register
from sync_scripts.store.seal.holders import know_holders
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked

BACKUP: Final = "backup"
_ORDER: Final = (0, 3, 2, 4, 5, 1, 6)
"""Exit codes, the worst last: damage, then a fault of ours, then what the network did, what is not allowed, attention."""


Faulty: Final = DikaloError.declare(
    "DK-N65",
    "dikalo met a fault of its own here ({kind}). Nothing is half-written, everything else goes on, and the next round tries "
    "again. If it lasts, send the words in brackets to those who look after dikalo: they hold no answer and no name.",
)


def faulty(fault: Exception) -> DikaloError:
    """Return in words, and without a value, what was raised; what was raised on purpose as it is."""
    return fault if isinstance(fault, DikaloError) else Faulty(kind=named(fault))


@dataclass(frozen=True, slots=True)
class Wish:
    """How a round goes.

    Attributes:
        clock: gives the present moment.
        as_code: act under this code, which is only claimed.
        dry_run: write and send nothing.
        without: sources that are left out of this round, because they did not answer lately.
        check: check the whole register, too.
        ask: asks a person for a login; nobody in a process of its own.
        say: is told which part begins.
    """

    clock: Clock
    as_code: str | None = None
    dry_run: bool = False
    without: frozenset[str] = frozenset()
    check: bool = True
    ask: Ask = nobody
    say: Callable[[str], None] = lambda _name: None


@dataclass(slots=True)
class Part:
    """One part of a round.

    Attributes:
        name: ``doctor``, ``forms``, ``pull``, ``tasks``, ``publish``, ``files``, ``verify``, ``notify``, ``backup``.
        result: what that room reports; None when it was stopped, or left out.
        failure: what stopped it.
        skipped: it was left out for a reason that is nobody's fault, such as no team, no list ever sent; ``failure`` says it.
    """

    name: str
    result: Any = None  # a report of its room: list of findings, list of pulls, Verified, ...
    failure: Failure | None = None
    skipped: bool = False

    @property
    def exit_code(self) -> int:
        """Return what it means for the round."""
        if self.failure is not None and not self.skipped:
            return self.failure.exit
        return _exit_code(self.result)


@dataclass(slots=True)
class Round:
    """What a round did.

    Attributes:
        began, ended: aware.
        dry_run: nothing was written or sent.
        parts: in their order.
        page: what needs somebody now.
    """

    began: datetime
    ended: datetime | None = None
    dry_run: bool = False
    parts: list[Part] = field(default_factory=list)
    page: Today | None = None

    def part(self, name: str) -> Part | None:
        """Return a part by its name."""
        return next((one for one in self.parts if one.name == name), None)

    @property
    def pulls(self) -> list[Pull]:
        """Return what each source brought."""
        found = self.part("pull")
        return list(found.result or ()) if found is not None else []

    @property
    def exit_code(self) -> int:
        """Return the worst of its parts."""
        return worst([one.exit_code for one in self.parts])


def go_round(keys: Unlocked, wish: Wish) -> Round:
    """Go one round; the caller holds the lock of the workspace.

    Raises:
        WorkspaceMixed, RegisterDamaged, DatabaseUnreachable and the like: the register cannot be opened at all.
    """
    wish = replace(wish, say=_changes(wish.say))
    made = Round(began=wish.clock(), dry_run=wish.dry_run)
    keys = keys if wish.dry_run else finish(keys)
    workspace = open_unlocked(keys)
    try:
        if not wish.dry_run:
            know_holders(keys, workspace.register)
        with ExitStack() as running:
            for name, do in _deeds(keys, workspace, wish, running):
                wish.say(name)
                made.parts.append(_part(name, do))
        with workspace.register.reading() as rows:
            made.page = today(rows, wish.clock(), [one.name for one in sources_of(keys.settings.server)])
    finally:
        workspace.close()
    made.ended = wish.clock()
    return made


def _changes(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return what says a name where it is another one than the last: a source that goes on alone is not begun anew."""
    last = ""

    def changed(name: str) -> None:
        nonlocal last
        if name != last:
            say(name)
        last = name

    return changed


def _part(name: str, do: Callable[[], Any]) -> Part:
    """Do one part; what stops it, whatever it is, stops no other."""
    try:
        result = do()
    except (ZoneMissing, LoginMissing) as missing:
        return Part(name, failure=Failure.of(missing), skipped=True)
    except Exception as fault:  # noqa: BLE001 - a bad workbook, stick or list must not keep an alert from being handed over
        result = Failure.of(faulty(fault))
    if not isinstance(result, Failure):
        return Part(name, result)
    # a round does not fail for a stick: the page says how old the newest backup is
    return Part(name, failure=result, skipped=name == BACKUP and result.exit != Damaged.exit_code)


def _deeds(
    keys: Unlocked, workspace: Workspace, wish: Wish, running: ExitStack
) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "doctor", lambda: _looked(workspace, wish)
    if not wish.dry_run:
        yield "forms", lambda: _learnt(workspace, wish)
    early: list[Flushed] = []

    def told(*, critical_only: bool = True) -> None:
        _told_early(workspace, wish, early, critical_only=critical_only)

    def due(*, critical_only: bool = True) -> None:
        if not wish.dry_run:
            with suppress(Exception):  # the next time tells of it
                _escalated(workspace, wish)
        told(critical_only=critical_only)

    pulls = Pulls(
        keys=keys,
        sources=sources_of(workspace.settings.server),
        without=wish.without,
        as_code=wish.as_code,
        dry_run=wish.dry_run,
        say=wish.say,
        running=running,
        early=told,
        due=due,
        told=lambda: due(critical_only=False),
    )
    yield "pull", pulls.answers
    if not wish.dry_run:
        yield "tasks", lambda: _raised(workspace, wish)
        told(critical_only=False)
    yield "publish", lambda: _sent(workspace, wish)
    yield "files", pulls.files
    if wish.check:
        yield "verify", lambda: verify(workspace.register, [])
    if workspace.settings.notify:
        yield "notify", lambda: in_all([*early, _flushed(workspace, wish, reached=pulls.reached)])
    if (folder := _due_place(workspace, wish)) is not None:
        backup = running.enter_context(BackingUp(keys, folder, wish.clock()))
        yield BACKUP, lambda: backup.done(lambda: due(critical_only=False))


def _due_place(workspace: Workspace, wish: Wish) -> Path | None:
    """Return where it is time for a backup; of a place that cannot be asked, whoever makes one there says what is wrong."""
    if wish.dry_run:
        return None
    try:
        return due_place(workspace, wish.clock())
    except Exception:  # noqa: BLE001 - a failing stick raises one thing or another
        return workspace.settings.backup.folder(workspace.root)


def _looked(workspace: Workspace, wish: Wish) -> list[Finding]:
    """Return what should be seen to; what is well is not said, and what can wait, such as what lies in folders, is said once a day."""
    levels = {"bad", "warn"} if wish.check else {"bad"}
    settings = workspace.settings if wish.check else msgspec.structs.replace(workspace.settings, server=())
    found = [
        *of_folder(workspace.root, settings),
        *of_register(workspace.register, wish.clock(), demo=workspace.demo),
    ]
    return [one for one in found if one.level in levels]


def _learnt(workspace: Workspace, wish: Wish) -> list[Worded]:
    """Learn the forms and holidays of the workspace; return what cannot be learnt."""
    now = wish.clock()
    wrong = learn_holidays(workspace.register, workspace.settings.holidays, workspace.actor(), now)
    return [*wrong, *learn_forms(workspace.register, workspace.forms, now).problems]


def _told_early(workspace: Workspace, wish: Wish, early: list[Flushed], *, critical_only: bool) -> None:
    """Send of what is written down so far what is critical, or all: it waits for no photos and servers that come after it.

    What hinders it is said by the last part of the round, which meets it again.
    """
    if workspace.settings.notify and not wish.dry_run:
        with suppress(Exception):
            early.append(_flushed(workspace, wish, critical_only=critical_only))


def _flushed(
    workspace: Workspace, wish: Wish, *, critical_only: bool = False, reached: bool = False
) -> Flushed:
    """Send what waits; nothing of it in a trial."""
    return flush(
        workspace.register,
        workspace.settings,
        wish.clock,
        dry_run=wish.dry_run,
        critical_only=critical_only,
        reached=reached,
    )


def _raised(workspace: Workspace, wish: Wish) -> int:
    """Write down who is to be told of what is undone; return how many messages are new.

    What workbooks said is forgotten here, too, when its 35 days are over: an office may hand out none for months. So is what
    stopped because an override ran out said of the duplicates that were left to it: nothing else happens then.
    """
    with workspace.register.writing() as rows:
        snapshot.purge(rows, wish.clock())
        say_left_alone(rows, wish.clock())
    return _escalated(workspace, wish)


def _escalated(workspace: Workspace, wish: Wish) -> int:
    """Write down who is to be told of what is undone by now; return how many messages are new."""
    with workspace.register.writing() as rows:
        return escalate(rows, wish.clock())


def _sent(workspace: Workspace, wish: Wish) -> Published:
    order = Order(
        root=workspace.root,
        actor=workspace.actor(wish.as_code),
        now=wish.clock(),
        dry_run=wish.dry_run,
    )
    return publish(workspace.register, workspace.settings, order, wish.ask)


def worst(codes: Iterable[int]) -> int:
    """Return the worst of some exit codes, 0 of none."""
    return max(codes, key=lambda code: _ORDER.index(code) if code in _ORDER else len(_ORDER), default=0)


def _exit_code(result: object) -> int:
    """Return the exit code that the result of a part stands for.

    Without the right to publish a round says so and goes on: many laptops have none.
    """
    code = 0
    match result:
        case list():
            code = worst(map(_exit_code, result))
        case Published():
            code = worst([*map(_exit_code, result.places), *(one.exit_code for one in result.refusals)])
        case Done(failure=DikaloError() as failure):
            code = 0 if isinstance(failure, LoginMissing) else failure.exit_code
        case Pull():
            code = result.exit_code
        case Verified() if result.damaged:
            code = 6
        case Worded() | Finding(level="bad") | Flushed(needs_person=True) | Done(asks=True):
            code = 3
    return code
