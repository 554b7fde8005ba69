"""``dikalo sync, watch``: the whole round, once or again and again while the computer is on and somebody has unlocked it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from typing import Annotated, Any, Literal

from sync_scripts.cli.frame.options import AsCode, DryRun, plain
from sync_scripts.cli.frame.shell import ClosedPipe, Shell, command, option
from sync_scripts.cli.inflow.rounds import document, lines
from sync_scripts.cli.setup.passphrases import duration
from sync_scripts.cli.work.waiting import named
from sync_scripts.config import FILE, SettingsMissing
from sync_scripts.daily import Round, Wish, faulty, go_round, waiting
from sync_scripts.daily.waiting import Backoff, Waiter, stay_open
from sync_scripts.intake.completeness.verify import RegisterNotWhole
from sync_scripts.notify import flush
from sync_scripts.register.building.notices import escalate, escalations
from sync_scripts.register.rules.ruleset import local
from sync_scripts.secrets import kept_key
from sync_scripts.secrets.kept_key import last_locked
from sync_scripts.secrets.os_keyring import StillInKeyring
from sync_scripts.store.canonical import due
from sync_scripts.store.clear_files import ended_once
from sync_scripts.store.errors import RegisterReplaced, StoreLocked
from sync_scripts.store.lock import hold
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked, unlock

CHECK_EVERY = timedelta(hours=24)
"""How often a round that goes on and on checks the whole register."""
BUSY_S = 60.0
"""How long to wait when another command holds the lock of the workspace."""
FLUSH_S = 60.0
DUE_S = 900.0
"""How often it is looked between two rounds for what came due: as often as a round does with the usual pause."""
LOOK_S = 2.0

Why = Literal["", "slept", "locked"]
"""Why the passphrase must be asked again; "" = it need not be."""


class _Locked(Exception):
    """Somebody said lock."""


class Terminated(KeyboardInterrupt):
    """The system asks this program to end (SIGTERM), or the window in which it runs is closed (SIGHUP)."""


@command("sync")
def sync(
    shell: Shell,
    *,
    every: Annotated[
        str | None,
        option("--every", "Go on and on, with this pause: 15m, 1h. dikalo watch does the same.", _("TIME")),
    ],
    stay_open: Annotated[
        str | None,
        plain(
            "--stay-open",
            "With --every: do not lock after a sleep of the computer. The reason is kept as a decision. - asks for it.",
            _("REASON"),
        ),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Go one round, or many."""
    if every is not None:
        keep_going(shell, duration(every), stay_open=stay_open, as_code=as_code, dry_run=dry_run)
        return
    keys = opened(shell)
    with ended_once(Terminated):
        done = one_round(shell, keys, wish(shell, as_code=as_code, dry_run=dry_run))
    show(shell, done)
    shell.exit_code = max(shell.exit_code, done.exit_code)


def wish(shell: Shell, **more: Any) -> Wish:
    """Return how a round goes that a person started here."""

    def say(name: str) -> None:
        if not shell.json:
            shell.say(f"{named(name)} ...")

    return Wish(clock=shell.clock, say=say, **more)


def opened(shell: Shell) -> Unlocked:
    """Return the open keys of the workspace.

    Raises:
        SettingsMissing: the folder is no workspace.
    """
    if not (shell.root / FILE).is_file():
        raise SettingsMissing
    return unlock(shell.root, secret=shell.secret, kept=not shell.handed("DIKALO_KEY_FD"))


def one_round(shell: Shell, keys: Unlocked, how: Wish) -> Round:
    """Go one round under the lock of the workspace; whatever ends it, the pulls end before the lock is given back.

    Raises:
        StoreLocked: another command writes.
    """
    with nullcontext() if how.dry_run else hold(shell.root, "sync", how="long"):
        return go_round(keys, how)


def show(shell: Shell, done: Round) -> None:
    """Print a round; of many rounds each is a document of its own."""
    shell.shown = False
    shell.show(document(done), lines(done))


# --- again and again --------------------------------------------------------------------------------------------------


def keep_going(
    shell: Shell,
    every: timedelta,
    *,
    stay_open: str | None,
    as_code: str | None,
    dry_run: bool = False,
    waiter: Waiter | None = None,
) -> None:
    """Go round after round until somebody stops it; after a long sleep of the computer the passphrase is asked again."""
    locked_ns = last_locked(shell.root)
    keys = opened(shell)
    if stay_open is not None:
        decide_to_stay(shell, keys, stay_open, as_code)
    watcher = _Watch(
        shell,
        every,
        waiting.Backoff(every),
        waiter or waiting.Waiter(),
        locked_ns=locked_ns,
        as_code=as_code,
        dry_run=dry_run,
    )
    with ended_once(Terminated):
        try:
            while True:
                why = watcher.turn(keys)
                if why == "locked" or (why == "slept" and stay_open is None):
                    keys = watcher.asked_again(keys, why)
        except Terminated:
            with suppress(OSError):  # the window that would show it may be closed
                shell.say(_("Stopped, as the system asked. Nothing is half-written."))


@dataclass(slots=True)
class _Watch:
    """What lives from round to round.

    Attributes:
        locked_ns: when the workspace was last locked before the key was opened; a later time is heard, also one that
            came while a round was going on.
        checked: when the whole register was last checked.
        letters: messages wait for a later try.
    """

    shell: Shell
    every: timedelta
    backoff: Backoff
    waiter: Waiter
    locked_ns: int = 0
    as_code: str | None = None
    dry_run: bool = False
    checked: datetime | None = None
    letters: bool = False

    def turn(self, keys: Unlocked) -> Why:
        """Go one round and wait for the next; return why the passphrase must be asked again, if it must."""
        began = self.shell.clock()
        pause = self.every.total_seconds()
        try:
            self._round(keys, began)
        except StoreLocked as busy:
            self.shell.warn(f"{busy.code} · {busy.words()}")
            pause = min(BUSY_S, pause)
        except RegisterReplaced as changed:
            self.shell.warn(f"{changed.code} · {changed.words()}")
            return "locked"
        except (ClosedPipe, BrokenPipeError):  # nobody sees what it says
            raise
        except Exception as fault:
            error = faulty(fault)
            if error.exit_code == 6:  # damage is nothing to go on with
                raise
            self.shell.warn(f"{error.code} · {error.words()}")
        if self.waiter.slept():
            return "slept"
        spent = (self.shell.clock() - began).total_seconds()
        left = max(pause - max(spent, 0.0), 1.0)
        at = (self.shell.clock() + timedelta(seconds=left)).isoformat()
        self.shell.say(_("Next round at {time}; Ctrl-C stops.").format(time=local(at)[11:]))
        return self._pause(keys, left)

    def _pause(self, keys: Unlocked, seconds: float) -> Why:
        def look() -> None:
            if last_locked(self.shell.root) != self.locked_ns:
                raise _Locked

        meanwhile = [(LOOK_S, look)]
        if self.letters and not self.dry_run:
            meanwhile.append((FLUSH_S, lambda: self._flush(keys)))
        if keys.settings.notify and not self.dry_run:
            meanwhile.append((DUE_S, lambda: self._due(keys)))
        try:
            look()
            return "slept" if self.waiter.wait(seconds, meanwhile) else ""
        except _Locked:
            return "locked"

    def _round(self, keys: Unlocked, now: datetime) -> None:
        check = due(self.checked, now, CHECK_EVERY)
        how = wish(
            self.shell,
            as_code=self.as_code,
            dry_run=self.dry_run,
            without=self.backoff.without(now),
            check=check,
        )
        done = one_round(self.shell, keys, how)
        if check:
            self.checked = now
        self.backoff.heard({one.source: one.unreachable for one in done.pulls}, now)
        told = done.part("notify")
        self.letters = bool(told and told.result and (told.result.failed or told.result.waiting))
        show(self.shell, done)
        if done.exit_code == 6:
            part = done.part("verify")
            if part is not None and part.result is not None and part.result.damaged:
                wrong = [one.name for one in part.result.checks if one.wrong]
                raise RegisterNotWhole(found=part.result.damaged, checks=", ".join(wrong))

    def _flush(self, keys: Unlocked) -> None:
        """Send what has come due between two rounds; what goes wrong is said by the next round.

        The lock is taken only when there is something to send: a slow service must not keep others from working.
        """

        def send(workspace: Workspace) -> None:
            given = workspace.register, workspace.settings, self.shell.clock
            if flush(*given, dry_run=True).sent:
                with hold(self.shell.root, "watch"):
                    flush(*given)

        self._between(keys, send)

    def _due(self, keys: Unlocked) -> None:
        """Tell of what became due since the last round, where the pause is long: a round every six hours would be too late."""

        def write(workspace: Workspace) -> None:
            with workspace.register.reading() as rows:
                new = escalations(rows, self.shell.clock())
            if new:
                with hold(self.shell.root, "watch"), workspace.register.writing() as rows:
                    escalate(rows, self.shell.clock())

        self._between(keys, write)
        self._flush(keys)

    def _between(self, keys: Unlocked, do: Callable[[Workspace], None]) -> None:
        """Do something in the open workspace between two rounds; what goes wrong is said by the next one."""
        with suppress(Exception):
            workspace = open_unlocked(keys)
            try:
                do(workspace)
            finally:
                workspace.close()

    def asked_again(self, keys: Unlocked, why: Why) -> Unlocked:
        """Forget the key, and ask for the passphrase.

        Raises:
            SecretNeeded: nobody can type here.
        """
        if why == "slept":
            try:
                kept_key.forget(self.shell.root, keys.settings.id)
            except StillInKeyring as still:
                self.shell.warn(f"{still.code} · {still.words()}")
            told = _(
                "The computer slept for {minutes} minutes, so the register is locked. Type the passphrase to go on."
            )
            self.shell.warn(told.format(minutes=int(self.waiter.slept_s // 60)))
        else:
            self.shell.warn(
                _(
                    "The register was locked with dikalo lock, or the everyday key was changed. Type your current passphrase to "
                    "go on."
                )
            )
        self.locked_ns = kept_key.last_locked(self.shell.root)
        again = self.shell.again_when_wrong(lambda: unlock(self.shell.root, secret=self.shell.ask_secret))
        self.waiter.awake()
        return again


def decide_to_stay(shell: Shell, keys: Unlocked, reason: str, as_code: str | None) -> None:
    """Write down who decided that this computer stays open after a sleep, and why.

    Raises:
        StayReasonMissing: no reason of a few words.
    """
    with hold(shell.root, "watch"):
        workspace = open_unlocked(keys)
        try:
            stay_open(workspace.register, workspace.actor(as_code), reason, shell.clock())
        finally:
            workspace.close()


@command("watch")
def watch(
    shell: Shell,
    *,
    every: Annotated[str, option("--every", "The pause: 15m, 1h.", _("TIME"), show_default=True)] = "15m",
    stay_open: Annotated[
        str | None,
        plain(
            "--stay-open",
            "Do not lock after a sleep of the computer. The reason is kept as a decision. - asks for it.",
            _("REASON"),
        ),
    ],
    as_code: AsCode,
) -> None:
    """Keep going."""
    keep_going(shell, duration(every), stay_open=stay_open, as_code=as_code)
