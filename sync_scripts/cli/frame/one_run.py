"""One run of a command: where it works, how it speaks, how it opens the register. Never opens the vault."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from gettext import gettext as _
from gettext import ngettext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.clock import Clock, machine
from sync_scripts.errors import UsageProblem
from sync_scripts.texts import LANGUAGES
from xlsform.visible import visible

if TYPE_CHECKING:
    from sync_scripts.register.model.build_backlog import Unbuilt
    from sync_scripts.store.database import Register, Rows
    from sync_scripts.store.lock import How
    from sync_scripts.store.workspace import Unlocked, Workspace

PATIENCE_S: Final = 60.0
"""Seconds to wait for another command of this computer, such as a round, of a command that a person has answered."""
_Opened = TypeVar("_Opened")


class ClosedPipe(Exception):
    """Whoever read our output has gone (``| head``): stop quietly."""


QuestionUnanswered: Final = UsageProblem.declare(
    "DK-C06",
    "This command asks before it acts, and this is not a terminal (or --json was given). Nothing was done. Run it "
    "in a terminal, or add --yes.",
)


@dataclass
class Shell:
    """What a command may use of the world around it; one a run.

    Whatever a command decides by the time, it decides by ``clock``.
    """

    root: Path = field(default_factory=Path)
    clock: Clock = machine
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    lang: str = LANGUAGES[0]
    color: bool | None = None
    told_demo: bool = False
    shown: bool = False
    exit_code: int = 0
    to_read: bool = False
    holders: str = ""

    def today(self) -> date:
        """Return the day on the calendar of whoever works here."""
        return self.clock().astimezone().date()

    def say(self, text: str) -> None:
        """Write a line for the person, on standard error; nothing with ``--quiet``."""
        if not self.quiet:
            self.warn(text)

    def under_way(self, text: str) -> None:
        """Tell whoever waits at a terminal what takes its seconds; nothing elsewhere, nor with ``--quiet``."""
        if sys.stderr.isatty():
            self.say(text)

    def warn(self, text: str) -> None:
        """Write a line that even ``--quiet`` does not silence, on standard error."""
        click.echo(for_stream(text, sys.stderr), err=True, color=self.color)

    @property
    def demo(self) -> bool:
        """Tell whether the keys here are marked as those of a demonstration.

        Looked at without a key, for words alone: what may be done here is decided by the mark inside the key slot.
        """
        try:
            return any(slot["demo"] for slot in json.loads((self.root / "keys.json").read_bytes())["slots"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return False

    def tell_demo(self) -> None:
        """Say of a demonstration's folder that it is one, once for all commands of a run; nothing of any other folder."""
        if not self.told_demo and self.demo:
            self.warn(_("DEMONSTRATION: invented data under published keys. Never put a real report here."))
        self.told_demo = True

    def show(self, document: dict[str, Any], text: str | Iterable[str]) -> None:
        """Write the result on standard output: the document with ``--json``, else the text. Once a run.

        Args:
            document: what a program reads; holds ``schema``, such as ``dikalo.pull/1``.
            text: what a person reads, whole or line by line; not touched with ``--json``.
        """
        if "schema" not in document or (self.json and self.shown):
            raise RuntimeError  # a fault of the command: one document with a schema, once
        self.shown = True
        lines = [_as_json(document)] if self.json else [text] if isinstance(text, str) else text
        try:
            for some in _together(lines):
                click.echo(visible(some) if self.json else for_stream(some, sys.stdout), color=self.color)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ClosedPipe from None

    def attention(self) -> None:
        """Remember that this run met something that needs a person: the exit code will be 3."""
        self.exit_code = 3

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Give a function to call with how many more are done; draws a bar, or counts, only on a terminal.

        Args:
            label: what is going on, in the person's language.
            total: how many there are to do; None when nobody knows: then it counts.
        """
        if self.quiet or not sys.stderr.isatty():
            yield lambda _more: None
        elif total is None:
            with _counter(visible(label)) as count:
                yield count
        else:
            with click.progressbar(length=total, label=visible(label), file=sys.stderr, show_pos=True) as bar:
                yield bar.update

    def ask_secret(self, prompt: str, *, descriptor: str = "DIKALO_KEY_FD") -> str:
        """Return what is typed without showing it; see `handed.typed`."""
        return handed.typed(prompt, descriptor=descriptor)

    def secret(self, prompt: str, *, descriptor: str = "DIKALO_KEY_FD") -> str:
        """Return a passphrase from the descriptor or the file that an environment variable names, else typed.

        ``DIKALO_KEY_FD`` names a descriptor, ``DIKALO_KEY_FILE`` a file; the first line counts. Nothing secret is ever
        taken from a variable itself.

        Raises:
            SecretUnreadable: the variable is set, but nothing can be read.
            SecretFileOpen: others may read the file.
            SecretNeeded: it is not set and nobody can type here.
        """
        if self.handed(descriptor):
            return handed.first_line(descriptor)
        return self.ask_secret(prompt, descriptor=descriptor)

    def again_when_wrong(
        self, opening: Callable[[], _Opened], *, descriptor: str = "DIKALO_KEY_FD"
    ) -> _Opened:
        """Open something with a passphrase; at a terminal one that was mistyped is asked for again, and again."""
        return handed.again_when_wrong(opening, descriptor=descriptor, warn=self.warn)

    def handed(self, descriptor: str) -> bool:
        """Tell whether the program that started this one hands a secret over, on a descriptor or in a file."""
        return handed.handed(descriptor)

    def handed_lines(self, descriptor: str) -> list[str]:
        """Return all lines that are handed over, to their end; raises what `secret` raises, but SecretNeeded."""
        return handed.lines(descriptor)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone; ``yes`` answers for the person.

        Raises:
            QuestionUnanswered: nobody can answer here.
            click.Abort: the answer was no.
        """
        if yes:
            return
        if self.json or not handed.somebody_types():
            raise QuestionUnanswered
        if not Questions(self).yes(question, default=False):
            raise click.Abort

    def keys(self, *, own_hand: bool = False) -> Unlocked:
        """Return the everyday key, asked for where it is not kept; the register stays closed, and no lock is taken.

        Args:
            own_hand: ask for the passphrase even where ``dikalo unlock`` keeps the key: a second person must sign
                with a passphrase of their own.

        Raises:
            SettingsMissing: the folder is no workspace; nothing was written into it.
        """
        from sync_scripts.config import FILE, SettingsMissing

        if not (self.root / FILE).is_file():
            raise SettingsMissing
        from sync_scripts.store.workspace import unlock

        kept = not (own_hand or self.handed("DIKALO_KEY_FD"))
        return self.again_when_wrong(
            lambda: unlock(self.root, secret=self.secret, kept=kept, to_read=self.to_read)
        )

    @contextmanager
    def workspace(
        self,
        *,
        write: bool = False,
        command: str = "",
        own_hand: bool = False,
        keys: Unlocked | None = None,
        patience: float = 0.0,
        how: How = "alone",
        any_holders: bool = False,
    ) -> Iterator[Workspace]:
        """Open the workspace with the everyday key.

        Who writes is refused before a passphrase is asked for; while it is asked for, nobody waits for the lock.

        Args:
            write: take the one lock of the workspace first.
            command: what the lock says to whoever waits for it.
            own_hand: as `keys`.
            keys: the everyday key, of a command that asked for it before; the settings are read again.
            patience: seconds to wait for another command that holds the lock, of a command that must not be sent away.
            how: the workspace is held: alone, for long work that lets others decide in between, or to decide.
            any_holders: open it also where it seals for others than one's slot knows, which is said; nothing is sealed for them.

        Raises:
            SettingsMissing: the folder is no workspace; nothing was written into it.
            StoreLocked: another command holds the lock.
        """
        from sync_scripts import config
        from sync_scripts.store.lock import hold
        from sync_scripts.store.workspace import open_unlocked

        if not (self.root / config.FILE).is_file():
            raise config.SettingsMissing
        if write and keys is None:
            with hold(self.root, command, how=how):
                pass
            patience = PATIENCE_S  # it was free: whoever types the passphrase now is not sent away
        keys = keys or self.keys(own_hand=own_hand)
        with ExitStack() as stack:
            if write:
                stack.enter_context(
                    hold(self.root, command, how=how, patience=patience, waits=self._waits_here)
                )
                keys = self._as_it_stands(keys, how)
            opened = open_unlocked(keys, any_holders=any_holders)
            stack.callback(opened.close)  # before the lock is let go: closing may write the log back
            self._settle(opened.register, keys if write else None)
            yield opened

    def _as_it_stands(self, keys: Unlocked, how: How) -> Unlocked:
        """Return the everyday key with the settings of now, read under the lock; a change of it that was cut is brought to its end."""
        from dataclasses import replace

        from sync_scripts import config
        from sync_scripts.store.day_key import finish

        keys = replace(keys, settings=config.load(self.root))
        beside = how == "decides"  # who decides may be beside long work
        return keys if keys.changing is None or beside else finish(keys)

    def _settle(self, register: Register, writes: Unlocked | None) -> None:
        """Let a slot that writes know for whom the register seals; a reader is told where that is not sure."""
        from sync_scripts.store.seal.holders import know_holders

        if writes is not None:
            know_holders(writes, register)
        elif register.unsure is not None:
            self.warn(f"{register.unsure.code} · {register.unsure.words()}")
        register.waits = self._waits

    @contextmanager
    def reading(self) -> Iterator[tuple[Workspace, Rows]]:
        """Open the workspace as `workspace` does, of a command that only reads what the register holds.

        Names by which two servers would pass for one are said on standard error, and refuse nothing: nothing is fetched. So is what
        is stored and not yet built, as nothing that is read tells of it.
        """
        from sync_scripts import config
        from sync_scripts.cli.work.waiting import count_line
        from sync_scripts.register.model.build_backlog import unbuilt

        self.to_read = True
        try:
            with self.workspace(any_holders=True) as workspace, workspace.register.reading() as rows:
                if (wrong := config.unfit_name(workspace.settings.server)) is not None:
                    self.warn(f"{wrong.code} · {wrong.words()}")
                    self.warn(_("What only reads the register goes on."))
                left = unbuilt(rows)
                for words in (*count_line(left.apart), *_not_built(left)):
                    self.warn(words)
                yield workspace, rows
        finally:
            self.to_read = False

    @contextmanager
    def turn(self, command: str) -> Iterator[None]:
        """Hold the turn to decide from here on, of a command that asked a person something before it writes.

        It waits for another command of this computer: whoever has just answered is not sent away.

        Raises:
            StoreLocked: that one went on for too long.
        """
        from sync_scripts.store.lock import hold

        with hold(self.root, command, how="decides", patience=PATIENCE_S, waits=self._waits_here):
            yield

    def _waits_here(self) -> None:
        """Say why nothing seems to happen: a command of this computer writes."""
        self.warn(_("Another command is writing to this register: this one waits for its turn."))

    def _waits(self) -> None:
        """Say why nothing seems to happen."""
        self.warn(
            _(
                "Somebody takes a long list over into this register: this command waits for its turn, up to ten minutes. What it "
                "does is not lost."
            )
        )


def _not_built(found: Unbuilt) -> Iterator[str]:
    if found.arrived:
        yield ngettext(
            "{count} submission is stored and not yet built: what is shown here does not tell of it. dikalo pull builds it.",
            "{count} submissions are stored and not yet built: what is shown here does not tell of them. dikalo pull builds them.",
            found.arrived,
        ).format(count=found.arrived)
    if found.again:
        yield _(
            "A rebuild is not at its end ({count} left): until then some of what is shown here is as it was before. dikalo rebuild "
            "goes on."
        ).format(count=found.again)


@contextmanager
def _counter(label: str) -> Iterator[Callable[[int], None]]:
    """Show how many are done where nobody knows how many there are."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        bar.update(count, done)

    with click.progressbar(
        length=sys.maxsize,
        label=label,
        file=sys.stderr,
        bar_template="%(label)s  %(info)s",
        show_percent=False,
        show_eta=False,
        item_show_func=lambda shown: "" if shown is None else str(shown),
    ) as bar:
        yield more


def _together(lines: Iterable[str], most: int = 200) -> Iterator[str]:
    """Yield lines many at a time: one write each, of five thousand lines, would cost as much as the list itself."""
    left = iter(lines)
    while some := list(islice(left, most)):
        yield "\n".join(some)


def _as_json(document: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode("utf-8")
