"""How a command decides: the workspace opened for writing, one transaction, who acts; and a command made from the declaration of a decision.

Says no sentence of its own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from gettext import gettext as _
from typing import Any, Final, Protocol

import click

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.commands import Command
from sync_scripts.cli.frame.options import (
    DAY,
    TIME,
    AsCode,
    DryRun,
    Worker,
    plain_answer,
    plain_text,
    reason_option,
    would,
)
from sync_scripts.cli.frame.shell import THERE, Shell, option
from sync_scripts.cli.frame.typed import typed
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.declarations import Argument, Declaration
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.register.model.errors import ShownChanged
from sync_scripts.register.queries.tasks import waits
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event


@contextmanager
def decides(
    shell: Shell,
    command: str,
    *,
    as_code: str | None = None,
    dry_run: bool = False,
    own_hand: bool = False,
    anyone: bool = False,
    alone: bool = False,
    asking: Callable[[Register, Actor], None] | None = None,
    before: Callable[[Register, Actor], None] | None = None,
    after: Callable[[Register], object] | None = None,
) -> Iterator[By]:
    """Give one transaction of the worker whose slot is opened, or of the code that is typed; undone with a dry run.

    ``own_hand`` asks for the passphrase even while the register is unlocked: a second person signs with their own. In a
    demonstration, where every passphrase is published, a typed code then plays that person. ``before`` is called before
    the transaction begins, so that a person can be asked while nobody on another computer waits for it; ``asking`` before the
    lock is taken, so that nobody on this one waits either: the transaction has to look itself whether what was shown is still
    so. On a C4 case, and its alerts, decides who
    sees what is in it, unless ``anyone`` may: its codes among the words of the command are looked at. A decision is taken while a
    pull or another long work goes on, too, unless it must be ``alone``, as it takes away what is stored.

    ``after`` is called once it is committed, and never with a dry run.
    """
    with (
        ExitStack() as lock,  # let go after the register is closed: closing may write the log back
        shell.workspace(
            write=asking is None, command=command, own_hand=own_hand, how="alone" if alone else "decides"
        ) as workspace,
    ):
        actor = workspace.actor(as_code)
        if own_hand and as_code is not None and workspace.demo:
            actor = replace(actor, proof="key", hand=None)
        if asking is not None:
            asking(workspace.register, actor)
            lock.enter_context(shell.turn(command))
        if before is not None:
            before(workspace.register, actor)
        with deciding(workspace.register, actor, shell.clock(), dry_run=dry_run) as by:
            if not anyone:
                require_sight(by.rows, by.actor, *_typed())
            yield by
        if after is not None and not dry_run:
            after(workspace.register)


def _typed() -> Iterator[str]:
    """Yield the words of the running command."""
    context = click.get_current_context(silent=True)
    for said in context.params.values() if context is not None else ():
        yield from (one for one in (said if isinstance(said, tuple) else (said,)) if isinstance(one, str))


Page = Callable[[Shell, dict[str, Any]], None]
"""Shows the matter of a decision to whoever decides nothing: with the shell and what was said."""


class Opened(Protocol):
    """What was opened for a decision."""

    def finish(self, register: Register) -> None:
        """Do what is left once the decision is written."""
        ...


Opens = Callable[[Shell, Register, Actor, Mapping[str, Any]], Opened]
"""Opens what a decision needs, with what was said and seen."""


def command_of(
    decision: Declaration,
    page: Callable[[], Page] | None = None,
    opens: Callable[[], Opens] | None = None,
) -> Command:
    """Return the command of a decision.

    ``page`` imports what is shown to whoever says nothing to decide; ``opens`` what opens something once whoever was asked said yes,
    which is handed to the decision as ``opened``: nothing of it in a dry run.
    """

    def run(*, dry_run: bool, as_code: str | None = None, yes: bool = False, **said: Any) -> None:
        shell = click.get_current_context().ensure_object(Shell)
        if (refusal := decision.refusal(said)) is not None:
            raise click.UsageError(_(refusal))
        if decision.reads is not None:
            said["read"] = decision.reads(said, shell.clock())
        if page is not None and not decision.decides(said):
            page()(shell, said)
            return
        one = _Run(
            decision, said, shell, dry_run=dry_run, opens=None if dry_run or opens is None else opens()
        )
        if opens is not None:
            said["opened"] = None
        answerable = not (yes or dry_run or shell.json) and (handed.types_input() or handed.somebody_types())
        asks = answerable and decision.question(said)  # refused where the question would go into a file
        first = partial(one.look, asks=bool(asks)) if asks or decision.looks or one.opens else None
        with decides(
            shell,
            decision.name,
            as_code=as_code,
            dry_run=dry_run,
            own_hand=decision.own_hand(said),
            anyone=decision.anyone(said),
            alone=decision.alone,
            asking=None if decision.alone else first,
            before=first if decision.alone else None,
            after=one.finish,
        ) as by:
            one.decide(by)
        one.show()

    return Command(decision.name.rpartition(" ")[2], params=list(_parameters(decision)), callback=run)


def _parameters(decision: Declaration) -> Iterator[click.Parameter]:
    """Yield what is typed for a decision, in the order of its help."""
    yield from map(_parameter, decision.arguments)
    if decision.reason:
        what = reason_option(decision.reason) if isinstance(decision.reason, str) else reason_option()
        yield what.parameter("reason", str, "")
    if isinstance(decision.typed, str):
        yield option("--as", decision.typed, _("CODE")).parameter("as_code", str, None)
    elif decision.typed:
        yield from typed("as_code", AsCode)
    if decision.final:
        yield option("-y --yes", decision.unasked).parameter("yes", bool)
    yield from typed("dry_run", DryRun)


@dataclass
class _Run:
    """One decision, from what was said to what is shown."""

    decision: Declaration
    said: dict[str, Any]
    shell: Shell
    dry_run: bool
    opens: Opens | None = None
    _done: Any = None
    _lines: tuple[str, ...] = ()
    _cautions: tuple[str, ...] = ()
    _shown: tuple[str, ...] | None = None
    """What would be done, as whoever was asked has read it."""

    def decide(self, by: By) -> None:
        """Decide, and keep what is said of it.

        Raises:
            ShownChanged: whoever was asked said yes to something else.
        """
        self._done = self.decision.decided(by, self.said)
        self._cautions = tuple(self.decision.cautions(by, self._done, self.said))
        if self._shown is not None and self._shown != self._to_show(by):
            raise ShownChanged(what=self.decision.code(self._done), asked=True)
        self._lines = self._told(by, dry_run=self.dry_run)

    def _told(self, by: By, *, dry_run: bool) -> tuple[str, ...]:
        return tuple(_lines(self.decision, self._done, by.written, dry_run=dry_run))

    def _to_show(self, by: By) -> tuple[str, ...]:
        return *self._cautions, *self._told(by, dry_run=True)

    def look(self, register: Register, actor: Actor, *, asks: bool) -> None:
        """Show what it is about, where that is to be read first; then ask, and open, where that is to be done."""
        lines: tuple[str, ...] = ()
        if self.decision.looks is not None:
            seen = self.said["seen"] = self.decision.looks(register, actor, self.said, self.shell.clock())
            lines = tuple(self.decision.seen(seen, demo=self.shell.demo))
            for line in lines:
                self.shell.say(line)
        if asks:
            self._ask(register, actor, read=bool(lines))
        if self.opens is not None:
            self.said["opened"] = self.opens(self.shell, register, actor, self.said)

    def finish(self, register: Register) -> None:
        """Do what is left of what was opened, now that it is decided."""
        if self.opens is not None:
            self.said["opened"].finish(register)

    def _ask(self, register: Register, actor: Actor, *, read: bool) -> None:
        """Say what would be done, as in a transaction that is undone, and ask; what was ``read`` first says it already."""
        rehearsed = _Run(self.decision, self.said, self.shell, dry_run=True)
        with (
            nullcontext() if self.decision.alone else self.shell.turn(self.decision.name),
            deciding(register, actor, self.shell.clock(), dry_run=True) as by,
        ):
            if not self.decision.anyone(self.said):
                require_sight(by.rows, actor, *(one for one in self.said.values() if isinstance(one, str)))
            rehearsed.decide(by)
            self._shown = rehearsed._to_show(by)
        for line in () if read else self._shown:
            self.shell.say(line)
        document = self.decision.document(rehearsed._done, self.said, dry_run=True)
        self.shell.confirm(_(self.decision.question(self.said)).format_map(document), yes=False)

    def show(self) -> None:
        """Show what was done, or would be."""
        document = self.decision.document(self._done, self.said, dry_run=self.dry_run)
        self.shell.show(document, self._lines)
        for caution in self._cautions:
            self.shell.warn(caution)
        if self.decision.attention(self._done):
            self.shell.attention()


def _parameter(argument: Argument) -> click.Parameter:
    """Return one argument or option."""
    shown = _(argument.shown) if argument.shown else None
    flag = argument.kind in {"flag", "either"}
    said: dict[str, Any] = {"required": argument.required}
    if not flag:
        said |= {"type": _type(argument), "callback": _READERS.get(argument.kind), "metavar": shown}
    if not argument.help:
        if argument.default is not None:
            said["default"] = argument.default
        return click.Argument([argument.name], nargs=-1 if argument.several else 1, **said)
    if flag:
        said |= {"is_flag": True, "default": False if argument.kind == "flag" else None}
    elif argument.default is not None:
        said |= {"default": argument.default, "show_default": True}
    name = f"--{argument.option or argument.name}"
    return click.Option([name, argument.name], multiple=argument.several, help=_(argument.help), **said)


def _type(argument: Argument) -> click.ParamType[Any]:
    if argument.choices:
        return click.Choice(argument.choices)
    kinds = {"worker": Worker(), "day": DAY, "time": TIME, "number": click.INT, "file": THERE}
    return kinds.get(argument.kind, click.STRING)


def _local(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> datetime | None:
    """Return an instant in the zone of the rules."""
    return value.replace(tzinfo=load().zone) if value is not None else None


def _date(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value is not None else None


_READERS: Final[dict[str, Callable[..., Any]]] = {
    "plain": plain_text,
    "answer": plain_answer,
    "time": _local,
    "day": _date,
}
"""Kind of an argument -> what looks at it once it is read."""


def _lines(decision: Declaration, done: Any, written: list[Event], *, dry_run: bool) -> Iterator[str]:
    """Yield what the log will say of it and what it brought about; then what comes next, or who must sign first."""
    some = done if isinstance(done, list) else [done]
    code = decision.code(done)
    lines = [
        _("{code}: {told}").format(code=of, told=told)
        for of, told in decision.told(done, written, dry_run=dry_run)
    ]
    lines += decision.effects(done)
    yield from would(lines, dry_run=dry_run)
    if not lines:
        yield _("{code}: it is so already. Nothing was changed.").format(code=code)
    yield from decision.facts(done)
    if dry_run:
        return
    for one in some:
        if (proposal := getattr(one, "proposal", None)) is not None:
            yield waits(code, proposal)
    yield from decision.next_step(done)
