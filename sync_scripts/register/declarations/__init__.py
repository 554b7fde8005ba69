"""Decisions declared once: what is typed, what decides, which events it writes, what a program reads of it. Knows no command line.

A declaration holds no sentence about what was done: that is the sentence of its events (`event_words`), the same on the
terminal, in a dry run and in the log; what an event cannot say, such as what a withdrawal stops, stands in ``effects``, once.
How to add a decision: its function in `register.decisions`, its declaration in the module of its matter here, one line in a
table of `cli/tree`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sync_scripts.errors import N_
from sync_scripts.register.decisions.base import By
from sync_scripts.register.history.visibility import MAKE
from sync_scripts.register.model.codes import CASE
from sync_scripts.register.queries.event_words import told
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event

Kind = Literal["text", "plain", "answer", "worker", "day", "time", "number", "file", "flag", "either"]
"""How an argument is read.

A text, one that names nobody, an answer to the field that is said before it, a worker, a day, an instant, a number, a file that is
there, a flag, a flag that also says no.
"""
Shown = str | Callable[[Any], Any]
"""Where a value of the document comes from: an attribute or key of what was decided, or a function of it."""
Said = Mapping[str, Any]


def always(_said: Said) -> bool:
    """Say yes, whatever was said."""
    return True


def _never(_given: Any) -> bool:
    return False


def _nothing(*_given: Any, **_more: Any) -> Iterable[str]:
    return ()


def named(*same: str, **others: Shown) -> dict[str, Shown]:
    """Return what a document shows: names that are those of the attributes, then names with the attribute of each."""
    return {**{name: name for name in same}, **others}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One thing that a person says of a decision.

    Attributes:
        name: the keyword of the function that decides.
        shown: what stands for it in a list of arguments; nothing of a flag or of a choice.
        help: of an option, the sentence that says what it is for; without one it is said by its place.
        option: what is typed for it where that is not its name: ``owner``.
        kind: how it is read; an instant is of the zone of the rules.
        choices: the values that it may have, where they are few.
        required: whether it must be there.
        several: whether it may be said more than once; what is read is a tuple then.
        default: what counts where nothing is said.
    """

    name: str
    shown: str = ""
    help: str = ""
    option: str = ""
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    several: bool = False
    default: Any = None

    @property
    def unsaid(self) -> Any:
        """Return what counts where nothing is said."""
        return () if self.several else False if self.kind == "flag" else self.default


@dataclass(frozen=True)
class Together:
    """How many of some arguments are said: at least, at most, and the sentence for whoever says fewer or more.

    Attributes:
        when: what was said with which alone this holds.
    """

    names: tuple[str, ...]
    least: int
    most: int
    sentence: str
    when: Callable[[Said], bool] = always


def place(name: str, shown: str = "", *, required: bool = True, **more: Any) -> Argument:
    """Return an argument that is said by its place."""
    return Argument(name=name, shown=shown, required=required, **more)


def option(name: str, help: str, shown: str = "", **more: Any) -> Argument:  # noqa: A002 - as click has it
    """Return an argument that is said with its name."""
    return Argument(name=name, help=help, shown=shown, **more)


def switch(name: str, help: str, **more: Any) -> Argument:  # noqa: A002 - as click has it
    """Return an argument that says that something is so."""
    return Argument(name=name, help=help, kind="flag", **more)


def none_of(names: tuple[str, ...], sentence: str, when: Callable[[Said], bool] = always) -> Together:
    """Return the rule that none of some arguments is said."""
    return Together(names, 0, 0, sentence, when)


def one_of(names: tuple[str, ...], sentence: str, when: Callable[[Said], bool] = always) -> Together:
    """Return the rule that one of some arguments is said, and only one."""
    return Together(names, 1, 1, sentence, when)


def some_of(names: tuple[str, ...], sentence: str, when: Callable[[Said], bool] = always) -> Together:
    """Return the rule that at least one of some arguments is said."""
    return Together(names, 1, len(names), sentence, when)


def not_both(names: tuple[str, ...], sentence: str, when: Callable[[Said], bool] = always) -> Together:
    """Return the rule that no more than one of some arguments is said."""
    return Together(names, 0, 1, sentence, when)


CODE: Final = place("code", N_("CODE"))
NEW: Final = switch("new", "The worker is new here: name the code to the register, too.")
UNDO: Final = switch(
    "undo",
    "Take back the contact that was written down last, or with --at the one of that time; say why with --reason. What it "
    "ended is due again, with its old time.",
)


AT: Final = option("at", "When, local time (2026-11-25T08:30); now without it.", N_("WHEN"), kind="time")


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One decision of a person.

    Attributes:
        name: what is typed for it: ``alerts dismiss``.
        decide: takes who decides and the arguments; those said by their place come first, in their order.
        writes: ops of the events whose sentences say what was done; others that come with them are not told.
        schema: of the document that a program reads.
        shows: each name of that document -> where its value comes from; without any, all that ``decide`` returned.
        about: where the code that every line begins with comes from.
        repeats: names of the document -> the argument that is given back.
        each: where ``decide`` returns several, the name of their list in the document.
        arguments: what a person says, beside the reason.
        reason: whether a reason may be given; a sentence says what it is for, where that is not the usual one.
        together: which arguments go with which.
        reads: gives what is read of what was said, such as a file, at this moment, before anything is opened; handed to ``decide`` as ``read``.
        asked: arguments of which one is said by whoever decides, or what tells it of what was said and read; who decides nothing is shown
            the page of the matter.
        alone: whether nothing else may write meanwhile, as it takes away what is stored.
        typed: whether a code that is only typed may decide; a sentence says what that is for, where it is not the usual one.
        own_hand: whether what was said takes a passphrase typed for it.
        anyone: whether what was said may be decided by who does not see what is in the case, too.
        mirrored: whether the same is written into another case, where it is told, too.
        looks: what is read, at this moment, before anything is decided, and handed to ``decide`` as ``seen``, which refuses what is
            otherwise by then; ``seen`` are its lines, in a demonstration, too. Where it has none, what would be done is shown.
        final: the question that is asked on a terminal, after what would be done was shown; the document fills its names. Or what gives
            it, of what was said; none for nothing.
        unasked: what the option says under which nothing is asked.
        draws: names, in a payload and in the document, whose value each run draws anew: a dry run's is thrown away.
        effects: from what ``decide`` returned, what it brought about beside what its events say.
        facts: from what ``decide`` returned, what is so before and afterwards, and so is said in a dry run, too.
        next_step: from what ``decide`` returned, the lines that say what usually comes next.
        cautions: from who decides, what ``decide`` returned and what was said, what to know before acting on it.
        attention: from what ``decide`` returned, whether a person must see to something now.
    """

    name: str
    decide: Callable[..., Any]
    writes: tuple[str, ...]
    schema: str
    shows: Mapping[str, Shown] = field(default_factory=dict)
    about: Shown = "code"
    arguments: tuple[Argument, ...] = ()
    reason: bool | str = True
    repeats: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    together: tuple[Together, ...] = ()
    reads: Callable[[Said, datetime], Any] | None = None
    asked: tuple[str, ...] | Callable[[Said], bool] = ()
    alone: bool = False
    typed: bool | str = True
    own_hand: Callable[[Said], bool] = _never
    anyone: Callable[[Said], bool] = _never
    mirrored: bool = False
    looks: Callable[[Register, Actor, Said, datetime], Any] | None = None
    seen: Callable[..., Iterable[str]] = _nothing
    final: str | Callable[[Said], str] = ""
    unasked: str = N_("Do not ask on a terminal. Without a terminal nothing is asked.")
    draws: tuple[str, ...] = ()
    effects: Callable[[Any], Iterable[str]] = _nothing
    facts: Callable[[Any], Iterable[str]] = _nothing
    next_step: Callable[[Any], Iterable[str]] = _nothing
    cautions: Callable[[By, Any, Said], Iterable[str]] = _nothing
    attention: Callable[[Any], bool] = _never

    def refusal(self, said: Said) -> str | None:
        """Return the sentence for what does not go together; None when all does."""
        given = set(self._given(said))
        for rule in self.together:
            if rule.when(said) and not rule.least <= len(given.intersection(rule.names)) <= rule.most:
                return rule.sentence
        return None

    def decides(self, said: Said) -> bool:
        """Tell whether something is decided with what was said; else the page of the matter is asked for."""
        if callable(self.asked):
            return self.asked(said)
        return not self.asked or not set(self.asked).isdisjoint(self._given(said))

    def _given(self, said: Said) -> Iterator[str]:
        unsaid = {one.name: one.unsaid for one in self.arguments if one.unsaid is not None}
        for name, value in said.items():
            if value not in {None, "", ()} and _plain(value) != _plain(unsaid.get(name)):
                yield name

    def question(self, said: Said) -> str:
        """Return what is asked before it is done; nothing where nothing is."""
        return self.final(said) if callable(self.final) else self.final

    def decided(self, by: By, said: Said) -> Any:
        """Decide what was said, the arguments that have a place first; what the decision refuses is raised.

        What was not said, as by the cell of a workbook, counts as a command would have it.
        """
        left = {one.name: one.unsaid for one in self.arguments} | ({"reason": ""} if self.reason else {})
        left |= said
        places = [left.pop(one.name) for one in self.arguments if not one.help]
        return self.decide(by, *places, **left)

    def document(self, done: Any, said: Said, *, dry_run: bool) -> dict[str, Any]:
        """Return what a program reads of it."""
        if self.each:
            some = {"code": done[0].code, self.each: [self._said(one, dry_run=dry_run) for one in done]}
        else:
            some = self._said(done, dry_run=dry_run)
        back = {name: said[argument] for name, argument in self.repeats.items()}
        return {"schema": self.schema, **some, **back, "dry_run": dry_run}

    def _said(self, done: Any, *, dry_run: bool) -> dict[str, Any]:
        said = {name: _value(done, where) for name, where in self.shows.items()} or dict(done)
        if dry_run:
            said |= dict.fromkeys(set(self.draws) & said.keys())
            said |= {"written": False} if "written" in said else {}
        return said

    def code(self, done: Any) -> str:
        """Return the code that its lines begin with."""
        return str(_value(done[0] if isinstance(done, list) else done, self.about))

    def told(self, done: Any, written: Iterable[Event], *, dry_run: bool) -> Iterator[tuple[str, str]]:
        """Yield of which alert or case its events say what, as the log says it; with a dry run, what they would say."""
        own = self.code(done)
        for event in written:
            code = event.subject.removeprefix(CASE) if event.subject.startswith(CASE) else own
            if event.op in (*self.writes, MAKE) and not (self.mirrored and code != own):
                unknown = dict.fromkeys(self.draws, "…") if dry_run else {}
                yield code, told(event.op, {**event.payload, **unknown}, whole=True)


def _plain(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value


def _value(done: Any, where: Shown) -> Any:
    if callable(where):
        return where(done)
    return done[where] if isinstance(done, Mapping) else getattr(done, where)
