"""How commands and groups are made: help pages, the options that all of them share, metavars in the person's language.

Runs nothing: what a command may use of the world around it is in `one_run`.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from gettext import gettext as _
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

import click

from sync_scripts.cli.frame.one_run import Shell
from sync_scripts.cli.frame.typed import FOLDER, gathered, parameters
from sync_scripts.texts import LANGUAGES


class Formatter(click.HelpFormatter):
    """Help pages with the colon that the language wants."""

    def write_heading(self, heading: str) -> None:
        """Write a heading; French has a space before the colon."""
        line = _("{heading}:").format(heading=heading)
        self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options with what they mean; a list of values that is wider than the page goes on below itself."""
        super().write_dl([(self._broken(first), second) for first, second in rows], col_max, col_spacing)

    def _broken(self, first: str) -> str:
        """Return an option over as many lines as its values need, each line below the first value."""
        below = " " * (first.find("[") + 1)
        lines = [""]
        for part in re.split(r"(?<=\|)", first):
            if lines[-1].strip() and self.current_indent + len(lines[-1] + part) > self.width:
                lines.append(below)
            lines[-1] += part
        return ("\n" + " " * self.current_indent).join(lines)


class Context(click.Context):
    """click's context, with our help pages and ``-h``."""

    formatter_class: type[click.HelpFormatter] = Formatter

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own signature, passed on untouched
        kwargs.setdefault("help_option_names", ["-h", "--help"])
        super().__init__(*args, **kwargs)


def write_into_shell(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps a global option in the shell, wherever on the line it stood."""

    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        shell = ctx.find_object(Shell)
        if shell is not None and value not in (None, False, 0):
            setattr(shell, name, value)

    return keep


_WORKSPACE_VARIABLE: Final = "DIKALO_WORKSPACE"
"""Read once, for the whole line: read again after the command's name, it would win over ``-C`` before that name."""
_CLAUSE: Final = re.compile(r"(?:\([^)]*\)|[^(])+?(?=\s*[.:;](?:\s|$))", re.DOTALL)
_SENTENCE: Final = re.compile(r".+?(?=\s*\.(?:\s|$))", re.DOTALL)
_FEWEST_WORDS: Final = 3
"""A clause of fewer words ("Alerts: see them, ...") says too little alone."""


def _keep_color(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    shell = ctx.find_object(Shell)
    if shell is not None and (value or os.environ.get("NO_COLOR")):
        shell.color = ctx.color = False


def global_options(*, again: bool = False) -> Iterator[click.Option]:
    """Yield the options that every command takes; ``again``: behind its name, where only ``--json`` is worth a line of its help."""
    folder = {"type": FOLDER, "metavar": _("FOLDER"), "envvar": None if again else _WORKSPACE_VARIABLE}
    here, json, quiet, verbose = map(write_into_shell, ("root", "json", "quiet", "verbose"))
    ways: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (
            "-C --workspace",
            _("The workspace; the current folder if not given."),
            {**folder, "callback": here},
        ),
        ("--lang", _("Speak French or English."), {"type": click.Choice(LANGUAGES)}),
        ("--json", _("Print one JSON document instead of text."), {"is_flag": True, "callback": json}),
        ("-q --quiet", _("Say nothing but results and errors."), {"is_flag": True, "callback": quiet}),
        (
            "-v --verbose",
            _("Say more; twice (-vv) shows where a fault happened."),
            {"count": True, "callback": verbose},
        ),
        ("--no-color", _("Print without colours."), {"is_flag": True, "callback": _keep_color}),
    )
    for names, told, said in ways:
        hidden = again and names != "--json"
        yield click.Option(names.split(), help=told, hidden=hidden, expose_value=False, **said)


def _add_globals(made: click.Command) -> None:
    """Let a command take the global options too."""
    taken = {name for param in made.params for name in param.opts}
    made.params += [one for one in global_options(again=True) if not taken.intersection(one.opts)]


def _name_values(made: click.Command) -> None:
    """Say in the person's language what an option takes, where its author did not."""
    for option in made.params:
        if isinstance(option, click.Option) and option.metavar is None and not option.is_flag:
            option.metavar = _value_name(option.type)


def _value_name(kind: click.ParamType[Any]) -> str | None:
    """Return the word for a kind of value; None where click lists the values themselves."""
    if isinstance(kind, click.Path | click.File):
        return _("FILE") if getattr(kind, "file_okay", True) else _("FOLDER")
    words = {"integer": _("NUMBER"), "integer range": _("NUMBER"), "float": _("NUMBER"), "text": _("TEXT")}
    return words.get(kind.name)


class _Spoken(click.Command):
    """What commands and groups share: our help pages, and a usage error that knows its command."""

    context_class: type[click.Context] = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; click leaves the command out of some errors, and then says neither usage nor help."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as wrong:
            wrong.ctx = wrong.ctx or ctx
            raise


class Command(_Spoken):
    """A command with our help pages, localised metavars, and the global options after its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own signature, passed on
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        super().__init__(*args, **kwargs)
        _add_globals(self)
        _name_values(self)

    def invoke(self, ctx: click.Context) -> Any:  # whatever the function returns, as click has it
        """Run the command; in a demonstration's folder it says so first, also when it is told to be quiet."""
        ctx.ensure_object(Shell).tell_demo()
        return super().invoke(ctx)


def _object(package: str, place: str) -> Any:
    """Import and return what a table names as ``module:name``."""
    module, _colon, name = place.partition(":")
    return getattr(import_module(f"{package}.{module}"), name)


@dataclass(frozen=True)
class Entry:
    """A command as the tree lists it, or a group with its members; nothing of it is imported yet.

    Attributes:
        name: what is typed for it: ``cases list``.
        help: the message id of its help.
        place: the object that runs it, as ``module:name`` below ``sync_scripts.cli``; nothing for a group.
        decision: what it is made of, as ``module:name`` below ``sync_scripts.register.declarations``, or with its room below
            ``sync_scripts``; then ``place`` is the page of the matter, which is shown to whoever decides nothing.
        opens: what opens something for a decision, as ``place``.
    """

    name: str
    help: str
    place: str = ""
    decision: str = ""
    opens: str = ""
    hidden: bool = False
    members: tuple[Entry, ...] = ()

    @property
    def word(self) -> str:
        """Its own name, without the groups that it is in."""
        return self.name.rpartition(" ")[2]

    @property
    def _help(self) -> str:
        return self.help and _(self.help)

    @property
    def short_help(self) -> str:
        """Return what stands beside its name in a list: the first clause of its help, or the first sentence, never cut within."""
        found = _CLAUSE.match(self._help)
        if found is None or len(found[0].split()) < _FEWEST_WORDS:
            found = _SENTENCE.match(self._help)
        return found[0] if found is not None else self._help

    def loaded(self) -> click.Command:
        """Import and return the command; a group imports none of its members."""
        if self.members:
            return self.group()
        if self.decision:
            elsewhere = "." in self.decision
            declared = _object(
                "sync_scripts" if elsewhere else "sync_scripts.register.declarations", self.decision
            )
            page, opens = (
                partial(_object, "sync_scripts.cli", one) if one else None for one in (self.place, self.opens)
            )
            made = _object("sync_scripts.cli", "frame.decisions:command_of")
            found: click.Command = made(declared, page, opens)
        else:
            found = _object("sync_scripts.cli", self.place)
        found.help, found.hidden = self._help, self.hidden
        return found

    def group(self) -> Group:
        """Return the group of its members."""
        return Group(
            self.word, help=self._help, sections=[("", sorted(self.members, key=attrgetter("name")))]
        )


def nested(*rows: Entry) -> tuple[Entry, ...]:
    """Return those that are typed by one word, each group with its members; a table names each by all that is typed."""
    below: dict[str, list[Entry]] = defaultdict(list)
    for one in rows:
        below[one.name.rpartition(" ")[0]].append(one)

    def whole(one: Entry) -> Entry:
        return replace(one, members=tuple(map(whole, below[one.name]))) if one.name in below else one

    return tuple(map(whole, below[""]))


class Group(_Spoken, click.Group):
    """A group with our help pages, whose commands are imported one by one, when they run."""

    def __init__(
        self, *args: Any, sections: Sequence[tuple[str, Sequence[Entry]]], **kwargs: Any
    ) -> None:  # click's own signature, passed on
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        kwargs.setdefault("subcommand_metavar", _("COMMAND [ARGUMENTS]..."))
        super().__init__(*args, **kwargs)
        self._sections = sections
        self.entries: dict[str, Entry] = {
            entry.word: entry for _heading, entries in sections for entry in entries
        }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help page."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one command; None for a name that is not in the tree."""
        entry = self.entries.get(cmd_name)
        return entry.loaded() if entry is not None else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that is not there is refused with those it was perhaps meant to be."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as refused:
            raise click.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx) from refused

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write one list a heading, from the tables alone."""
        widest = max(len(entry.word) for entry in self.entries.values() if not entry.hidden)
        for heading, entries in self._sections:
            with formatter.section(heading or _("Commands")):
                formatter.write_dl(
                    [(f"{one.word:<{widest}}", one.short_help) for one in entries if not one.hidden]
                )


def command(name: str) -> Callable[[Callable[..., object]], Command]:
    """Make a command of a function that takes the shell and what is typed, see `typed`; its help stands in the tree.

    The function returns None and raises what goes wrong.
    """

    def make(function: Callable[..., object]) -> Command:
        def run(**given: Any) -> None:
            function(click.get_current_context().ensure_object(Shell), **gathered(function, given))

        return Command(name, params=list(parameters(function)), callback=run)

    return make
