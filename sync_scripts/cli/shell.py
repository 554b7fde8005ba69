"""What every command shares: where it works, how it speaks, how it opens the register. Never opens the vault.

Command modules import click and this module at the top, and everything else inside the command, so that asking
for help stays quick::

    from gettext import gettext as _

    import click

    from sync_scripts.cli.shell import Shell, command, dry_run_option, pass_shell

    @command("pull", help=_("Fetch what is new. ..."))
    @dry_run_option
    @pass_shell
    def pull(shell: Shell, dry_run: bool) -> None:
        with shell.workspace(write=True, command="pull") as workspace:
            ...
        shell.show({"schema": "dikalo.pull/1", "new": 3}, text)

Groups: ``@group("alerts", help=_("..."))`` and then ``@alerts.command("list", help=_("..."))``. The object bears the
name of its module. Commands return None; `Shell.attention` asks for exit code 3; errors are raised.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TextIO, TypeVar

import click

from sync_scripts.errors import N_, NotAllowed, UsageProblem
from sync_scripts.texts import LANGUAGES

if TYPE_CHECKING:
    from sync_scripts.store.workspace import Workspace

__all__ = [
    "GLOBAL_OPTIONS",
    "ClosedPipe",
    "Command",
    "Context",
    "Formatter",
    "Group",
    "QuestionUnanswered",
    "SecretFileOpen",
    "SecretNeeded",
    "SecretUnreadable",
    "Shell",
    "command",
    "dry_run_option",
    "group",
    "pass_shell",
    "tell_demo",
    "yes_option",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class ClosedPipe(Exception):
    """Whoever read our output has gone (``| head``): stop quietly."""


@dataclass(eq=False, kw_only=True)
class SecretNeeded(NotAllowed):
    """A passphrase must be typed and there is nobody at a terminal."""

    descriptor: str
    code: ClassVar[str] = "DK-C04"
    message: ClassVar[str] = N_(
        "A passphrase is needed and this is not a terminal, so nobody can type it. Nothing was done. Run the command "
        "in a terminal, or hand the passphrase over on a file descriptor and name its number in {descriptor}."
    )


@dataclass(eq=False, kw_only=True)
class SecretUnreadable(NotAllowed):
    """The descriptor that should hand over a passphrase gives nothing."""

    descriptor: str
    code: ClassVar[str] = "DK-C05"
    message: ClassVar[str] = N_(
        "No passphrase could be read from what {descriptor} names. Nothing was done. Check that the program which starts "
        "this command hands the descriptor or the file over and writes the passphrase to it."
    )


@dataclass(eq=False, kw_only=True)
class SecretFileOpen(NotAllowed):
    """The file that should hand over a passphrase can be read by other accounts."""

    variable: str
    code: ClassVar[str] = "DK-J06"
    message: ClassVar[str] = N_(
        "The file that {variable} names can be read by other accounts of this computer, so it is no secret any more. "
        "Nothing was done. Make it readable by you alone (chmod 600), change what was in it, and run the command again."
    )


@dataclass(eq=False, kw_only=True)
class QuestionUnanswered(UsageProblem):
    """A question must be answered and there is nobody to answer it."""

    code: ClassVar[str] = "DK-C06"
    message: ClassVar[str] = N_(
        "This command asks before it acts, and this is not a terminal (or --json was given). Nothing was done. Run it "
        "in a terminal, or add --yes."
    )


@dataclass
class Shell:
    """What a command may use of the world around it; one a run."""

    root: Path = field(default_factory=Path)
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    lang: str = LANGUAGES[0]
    color: bool | None = None
    shown: bool = False
    exit_code: int = 0

    def say(self, text: str) -> None:
        """Write a line for the person, on standard error; nothing with ``--quiet``."""
        if not self.quiet:
            click.echo(text, err=True, color=self.color)

    def warn(self, text: str) -> None:
        """Write a line that even ``--quiet`` does not silence, on standard error."""
        click.echo(text, err=True, color=self.color)

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
            for line in lines:
                click.echo(line, color=self.color)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ClosedPipe from None

    def attention(self) -> None:
        """Remember that this run met something that needs a person: the exit code will be 3."""
        self.exit_code = 3

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Give a function to call with how many more are done; draws a bar only on a terminal.

        Args:
            label: what is going on, in the person's language.
            total: how many there are to do; None when nobody knows.
        """
        if self.quiet or not sys.stderr.isatty():
            yield lambda _more: None
            return
        with click.progressbar(length=total or 0, label=label, file=sys.stderr, show_pos=True) as bar:
            yield bar.update

    def ask_secret(self, prompt: str, *, descriptor: str = "DIKALO_KEY_FD") -> str:
        """Return what is typed without showing it.

        Args:
            prompt: the question, in the person's language.
            descriptor: the environment variable to name to somebody who has no terminal.

        Raises:
            SecretNeeded: nobody can type here.
        """
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise SecretNeeded(descriptor=descriptor)
        typed: str = click.prompt(prompt, hide_input=True, prompt_suffix=_(": "), err=True)
        return typed

    def secret(self, prompt: str, *, descriptor: str = "DIKALO_KEY_FD") -> str:
        """Return a passphrase from the descriptor or the file that an environment variable names, else typed.

        ``DIKALO_KEY_FD`` names a descriptor, ``DIKALO_KEY_FILE`` a file; the first line counts. A descriptor is closed
        afterwards. Nothing secret is ever taken from a variable itself.

        Raises:
            SecretUnreadable: the variable is set, but nothing can be read.
            SecretFileOpen: others may read the file.
            SecretNeeded: it is not set and nobody can type here.
        """
        if not self.handed(descriptor):
            return self.ask_secret(prompt, descriptor=descriptor)
        with _handed(descriptor) as stream:
            line = stream.readline(_LARGEST_SECRET).rstrip("\r\n")
        if not line:
            raise SecretUnreadable(descriptor=descriptor)
        return line

    def handed(self, descriptor: str) -> bool:
        """Tell whether the program that started this one hands a secret over, on a descriptor or in a file."""
        return descriptor in os.environ or _file_variable(descriptor) in os.environ

    def handed_lines(self, descriptor: str) -> list[str]:
        """Return all lines that are handed over, to their end; raises what `secret` raises, but SecretNeeded."""
        with _handed(descriptor) as stream:
            return stream.read(_LARGEST_SECRET).splitlines()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone; ``yes`` answers for the person.

        Raises:
            QuestionUnanswered: nobody can answer here.
            click.Abort: the answer was no.
        """
        if yes:
            return
        if self.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise QuestionUnanswered
        from sync_scripts.cli.questions import Questions  # which stands upon this module

        if not Questions(self).yes(question, default=False):
            raise click.Abort

    @contextmanager
    def workspace(
        self, *, write: bool = False, command: str = "", own_hand: bool = False
    ) -> Iterator[Workspace]:
        """Open the workspace with the everyday key, and say so when it is a demonstration.

        Args:
            write: take the one lock of the workspace first.
            command: what the lock says to whoever waits for it.
            own_hand: ask for the passphrase even where ``dikalo unlock`` keeps the key: a second person must sign
                with a passphrase of their own.

        Raises:
            SettingsMissing: the folder is no workspace; nothing was written into it.
        """
        from sync_scripts.config import FILE, SettingsMissing

        if not (self.root / FILE).is_file():
            raise SettingsMissing
        from sync_scripts.store.lock import hold
        from sync_scripts.store.workspace import open_workspace

        with ExitStack() as stack:
            if write:
                stack.enter_context(hold(self.root, command))
            opened = open_workspace(
                self.root, secret=self.secret, kept=not (own_hand or self.handed("DIKALO_KEY_FD"))
            )
            stack.callback(opened.close)  # before the lock is let go: closing may write the log back
            yield opened


_LARGEST_SECRET = 65_536  # characters that are handed over at most


@contextmanager
def _handed(descriptor: str) -> Iterator[TextIO]:
    """Open what hands a secret over, and close it afterwards."""
    number, variable = os.environ.get(descriptor), _file_variable(descriptor)
    named = variable if number is None else descriptor
    try:
        with (
            Path(os.environ[variable]).open(encoding="utf-8")
            if number is None
            else os.fdopen(int(number), encoding="utf-8") as stream
        ):
            if number is None and os.name != "nt" and os.fstat(stream.fileno()).st_mode & 0o077:
                raise SecretFileOpen(variable=variable)
            yield stream
    except (OSError, ValueError):
        raise SecretUnreadable(descriptor=named) from None


def _file_variable(descriptor: str) -> str:
    """Return the variable that names a file where another names a descriptor: DIKALO_KEY_FILE for DIKALO_KEY_FD."""
    return f"{descriptor.removesuffix('_FD')}_FILE"


def pass_shell(function: Callable[Concatenate[Shell, _Given], _Result]) -> Callable[_Given, _Result]:
    """Give a command the shell as its first argument."""
    return click.make_pass_decorator(Shell, ensure=True)(function)


class Formatter(click.HelpFormatter):
    """Help pages with the colon that the language wants."""

    def write_heading(self, heading: str) -> None:
        """Write a heading; French has a space before the colon."""
        line = _("{heading}:").format(heading=heading)
        self.write(f"{'':>{self.current_indent}}{line}\n")


class Context(click.Context):
    """click's context, with our help pages and ``-h``."""

    formatter_class: type[click.HelpFormatter] = Formatter

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own signature, passed on untouched
        kwargs.setdefault("help_option_names", ["-h", "--help"])
        super().__init__(*args, **kwargs)


def _write_into_shell(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps a global option in the shell, wherever on the line it stood."""

    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        shell = ctx.find_object(Shell)
        if shell is not None and value not in (None, False, 0):
            setattr(shell, name, value)

    return keep


def _json_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        hidden=hidden,
        callback=_write_into_shell("json"),
        help=_("Print one JSON document instead of text."),
    )


def _workspace_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["-C", "--workspace"],
        type=click.Path(file_okay=False, path_type=Path),
        expose_value=False,
        hidden=hidden,
        envvar="DIKALO_WORKSPACE",
        callback=_write_into_shell("root"),
        metavar=_("FOLDER"),
        help=_("The workspace; the current folder if not given."),
    )


def _lang_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["--lang"],
        type=click.Choice(LANGUAGES),
        expose_value=False,
        hidden=hidden,
        help=_("Speak French or English."),
    )


def _quiet_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["-q", "--quiet"],
        is_flag=True,
        expose_value=False,
        hidden=hidden,
        callback=_write_into_shell("quiet"),
        help=_("Say nothing but results and errors."),
    )


def _verbose_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["-v", "--verbose"],
        count=True,
        expose_value=False,
        hidden=hidden,
        callback=_write_into_shell("verbose"),
        help=_("Say more; twice (-vv) shows where a fault happened."),
    )


def _keep_color(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    shell = ctx.find_object(Shell)
    if shell is not None and (value or os.environ.get("NO_COLOR")):
        shell.color = ctx.color = False


def _color_option(*, hidden: bool = False) -> click.Option:
    return click.Option(
        ["--no-color"],
        is_flag=True,
        expose_value=False,
        hidden=hidden,
        callback=_keep_color,
        help=_("Print without colours."),
    )


GLOBAL_OPTIONS: tuple[Callable[..., click.Option], ...] = (
    _workspace_option,
    _lang_option,
    _json_option,
    _quiet_option,
    _verbose_option,
    _color_option,
)


def _add_globals(made: click.Command) -> None:
    """Let a command take the global options too; only ``--json`` is worth a line in its help."""
    taken = {name for param in made.params for name in param.opts}
    for make in GLOBAL_OPTIONS:
        option = make(hidden=make is not _json_option)
        if not taken.intersection(option.opts):
            made.params.append(option)


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


class Command(click.Command):
    """A command with our help pages, localised metavars, and the global options after its name too."""

    context_class: type[click.Context] = Context

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own signature, passed on
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        super().__init__(*args, **kwargs)
        _add_globals(self)
        _name_values(self)

    def invoke(self, ctx: click.Context) -> Any:  # whatever the function returns, as click has it
        """Run the command; in a demonstration's folder it says so first, also when it is told to be quiet."""
        tell_demo(ctx.ensure_object(Shell).root)
        return super().invoke(ctx)


def tell_demo(root: Path) -> None:
    """Say of a demonstration's folder that it is one, on standard error; nothing of any other."""
    if _is_demo(root):
        words = _("DEMONSTRATION: invented data under published keys. Never put a real report here.")
        click.echo(words, err=True)


def _is_demo(root: Path) -> bool:
    """Tell whether a folder's keys are marked as those of a demonstration.

    A look for the banner alone, without a key: what may be done there is decided by the mark inside the key slot.
    """
    try:
        return any(slot["demo"] for slot in json.loads((root / "keys.json").read_bytes())["slots"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


class Group(click.Group):
    """A group of commands with our help pages and localised metavars."""

    context_class: type[click.Context] = Context
    command_class: type[click.Command] | None = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own signature, passed on
        kwargs.setdefault("options_metavar", _("[OPTIONS]"))
        kwargs.setdefault("subcommand_metavar", _("COMMAND [ARGUMENTS]..."))
        super().__init__(*args, **kwargs)


Group.group_class = Group


def command(name: str, *, help: str, **attrs: Any) -> Callable[[Callable[..., Any]], Command]:  # noqa: A002 - click's word
    """Make a top-level command; its function returns None and raises what goes wrong."""
    return click.command(name, cls=Command, help=help, **attrs)


def group(name: str, *, help: str, **attrs: Any) -> Callable[[Callable[..., Any]], Group]:  # noqa: A002 - click's word
    """Make a top-level group; add to it with ``@<group>.command("list", help=...)``."""
    return click.group(name, cls=Group, help=help, **attrs)


def dry_run_option(function: _Function) -> _Function:
    """Give a command ``--dry-run``: the same report, and nothing is written. The parameter is ``dry_run``."""
    return click.option("--dry-run", is_flag=True, help=_("Show what would be done, and do nothing."))(
        function
    )


def yes_option(function: _Function) -> _Function:
    """Give a command ``--yes``, which answers `Shell.confirm`. The parameter is ``yes``."""
    return click.option("-y", "--yes", is_flag=True, help=_("Answer yes to every question."))(function)


def _as_json(document: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode("utf-8")
