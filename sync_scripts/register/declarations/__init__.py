"""Decisions declared once: what is typed, what decides, which events it writes, what a program reads of it. Knows no command line.

A declaration holds no sentence about what was done: that is the sentence of its events (`telling`), the same on the
terminal, in a dry run and in the log. How to add a decision: its function in `register.decisions`, its declaration in the
module of its matter here, one line in a table of `cli/tree`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sync_scripts.errors import N_
from sync_scripts.register.decisions import By
from sync_scripts.register.telling import told
from sync_scripts.register.waiting import MAKE
from sync_scripts.store.events import Event

__all__ = ["AT", "CODE", "NEW", "UNDO", "Argument", "Declaration", "Together"]

Kind = Literal["text", "plain", "worker", "day", "time", "number", "flag", "either"]
"""How an argument is read: a text, one that names nobody, a worker, a day, an instant, a number, a flag, a flag that also says no."""


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
        default: what counts where nothing is said.
    """

    name: str
    shown: str = ""
    help: str = ""
    option: str = ""
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class Together:
    """How many of some arguments are said: at least, at most, and the sentence for whoever says fewer or more.

    Attributes:
        when: an argument and its value with which alone this holds.
    """

    names: tuple[str, ...]
    least: int
    most: int
    sentence: str
    when: tuple[str, str] | None = None


CODE: Final = Argument(name="code", shown=N_("CODE"), required=True)
NEW: Final = Argument(
    name="new", kind="flag", help=N_("The worker is new here: name the code to the register, too.")
)
UNDO: Final = Argument(
    name="undo",
    kind="flag",
    help=N_(
        "Take back the contact that was written down last, or with --at the one of that time; say why with --reason. What it "
        "ended is due again, with its old time."
    ),
)


AT: Final = Argument(
    name="at",
    kind="time",
    shown=N_("WHEN"),
    help=N_("When, local time (2026-11-25T08:30); now without it."),
)


def _nothing(*_given: Any) -> Iterable[str]:
    return ()


def _never(_said: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One decision of a person.

    Attributes:
        name: what is typed for it: ``alerts dismiss``.
        decide: takes who decides and the arguments; those said by their place come first, in their order.
        writes: ops of the events whose sentences say what was done; others that come with them are not told.
        schema: of the document that a program reads.
        shows: each name of that document -> the attribute of what ``decide`` returns.
        repeats: names of the document -> the argument that is given back.
        each: where ``decide`` returns several, the name of their list in the document.
        arguments: what a person says, beside the reason.
        reason: whether a reason may be given.
        together: which arguments go with which.
        own_hand: whether what was said takes a passphrase typed for it.
        draws: names, in a payload and in the document, whose value each run draws anew: a dry run's is thrown away.
        next_step: from what ``decide`` returned, the lines that say what usually comes next.
        cautions: from who decides, what ``decide`` returned and what was said, what to know before acting on it.
    """

    name: str
    decide: Callable[..., Any]
    writes: tuple[str, ...]
    schema: str
    shows: Mapping[str, str]
    arguments: tuple[Argument, ...] = ()
    reason: bool = True
    repeats: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    together: tuple[Together, ...] = ()
    own_hand: Callable[[Mapping[str, Any]], bool] = _never
    draws: tuple[str, ...] = ()
    next_step: Callable[[Any], Iterable[str]] = _nothing
    cautions: Callable[[By, Any, Mapping[str, Any]], Iterable[str]] = _nothing

    def refusal(self, said: Mapping[str, Any]) -> str | None:
        """Return the sentence for what does not go together; None when all does."""
        flags = {one.name for one in self.arguments if one.kind == "flag"}
        given = {
            name
            for name, value in said.items()
            if value is not None and value != "" and not (name in flags and value is False)
        }
        for rule in self.together:
            counts = rule.when is None or said[rule.when[0]] == rule.when[1]
            if counts and not rule.least <= len(given.intersection(rule.names)) <= rule.most:
                return rule.sentence
        return None

    def document(self, done: Any, said: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Return what a program reads of it."""
        if self.each:
            some = {"code": done[0].code, self.each: [self._said(one, dry_run=dry_run) for one in done]}
        else:
            some = self._said(done, dry_run=dry_run)
        back = {name: said[argument] for name, argument in self.repeats.items()}
        return {"schema": self.schema, **some, **back, "dry_run": dry_run}

    def _said(self, done: Any, *, dry_run: bool) -> dict[str, Any]:
        said = {name: getattr(done, value) for name, value in self.shows.items()}
        if dry_run:
            said |= dict.fromkeys(set(self.draws) & said.keys())
            said |= {"written": False} if "written" in said else {}
        return said

    def told(self, written: Iterable[Event], *, dry_run: bool) -> Iterator[str]:
        """Yield what its events say, as the log says it; with a dry run, what they would say."""
        for event in written:
            if event.op in (*self.writes, MAKE):
                unknown = dict.fromkeys(self.draws, "…") if dry_run else {}
                yield told(event.op, {**event.payload, **unknown}, whole=True)
