"""What is typed behind a command, said once: in the signature of its function, or in the fields of a frozen dataclass.

A parameter says in its annotation what it is::

    identity: Annotated[bool, option("--identity", "Print the questions about identity too; destroy each sheet.")]
    output: Annotated[Path | None, option("-o --output", "The file to write: .pdf or .html.")]

What Python says of it is said nowhere else: a flag is a bool, a tuple is given several times, what may be None or has a default may be
left out. A parameter that is annotated with a dataclass stands for all its fields. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from gettext import gettext as _
from inspect import signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import click

FILE: Final = click.Path(dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
THERE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that is there already."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One argument or option, as far as its annotation does not say it.

    Attributes:
        kind: whether it is said by its place or with its name.
        names: what is typed for an option.
        said: everything else, as click has it.
    """

    kind: type[click.Argument | click.Option]
    names: tuple[str, ...]
    said: Mapping[str, Any]

    def parameter(self, name: str, hint: Any, default: Any = MISSING) -> click.Parameter:
        """Return it for a parameter of this name, annotation and default; `MISSING` is none."""
        said = dict(self.said)
        optional = get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)
        core = next(one for one in get_args(hint) if one is not NoneType) if optional else hint
        several = get_origin(core) is tuple
        core = get_args(core)[0] if several else core
        required = not (optional or several or core is bool or default is not MISSING or "default" in said)
        if core is bool:
            said["is_flag"] = True
        elif "flag_value" not in said:
            said.setdefault("type", _type(core))
        if several:
            said |= {"multiple": True} if self.kind is click.Option else {"nargs": -1}
        if default is not MISSING:
            said["default"] = default
        said.setdefault("required", required)
        return self.kind([*self.names, name], **said)


def place(shown: str, **more: Any) -> Typed:
    """Return what is said by its place; ``shown`` stands for it in the help."""
    return Typed(click.Argument, (), {"metavar": shown, **more})


def option(names: str, help: str = "", shown: str | None = None, **more: Any) -> Typed:  # noqa: A002 - as click has it
    """Return what is said with its name.

    Args:
        names: what is typed, with blanks between: ``-o --output``.
        help: the message id of what it is for; a hidden one has none.
        shown: what stands for its value; a word for its type without it.
        more: as click has it.
    """
    said = {"help": _(help) if help else None, "metavar": shown, "hidden": not help, **more}
    return Typed(click.Option, tuple(names.split()), said)


def parameters(function: Callable[..., object]) -> Iterator[click.Parameter]:
    """Yield what is typed for a function, the shell that it takes first apart; decorators of click come last."""
    hints = get_type_hints(function, include_extras=True)
    for one in [*signature(function).parameters.values()][1:]:
        hint = hints[one.name]
        if is_dataclass(hint):
            for field, own in _typed_fields(hint):
                yield from typed(field.name, own, field.default)
        else:
            yield from typed(one.name, hint, MISSING if one.default is one.empty else one.default)
    yield from reversed(getattr(function, "__click_params__", ()))


def gathered(function: Callable[..., object], given: dict[str, Any]) -> dict[str, Any]:
    """Return what is handed to a function of what was typed: the fields of a dataclass as one value."""
    hints = get_type_hints(function, include_extras=True)
    for name in [*signature(function).parameters][1:]:
        if is_dataclass(hint := hints[name]):
            made: Any = hint
            given[name] = made(**{one.name: given.pop(one.name) for one, _own in _typed_fields(hint)})
    return given


def spoken(value: Any) -> list[str]:
    """Return the words by which what was typed is typed again, for another process: what was left out is left out."""
    words: list[str] = []
    for one, hint in _typed_fields(type(value)):
        way, said = get_args(hint)[1], getattr(value, one.name)
        if said in (None, "", (), False):
            continue
        text = str(said.absolute()) if isinstance(said, Path) else str(said)
        words += [*way.names[-1:], *([] if said is True else [text])]
    return words


def _typed_fields(hint: Any) -> list[tuple[Any, Any]]:
    """Return the fields of a dataclass that are typed, each with its annotation: one that is no part of its making is not."""
    own = get_type_hints(hint, include_extras=True)
    return [(one, own[one.name]) for one in fields(hint) if one.init]


def typed(name: str, hint: Any, default: Any = MISSING) -> Iterator[click.Parameter]:
    """Yield what is typed for a parameter of this name, annotation and default; `MISSING` is none."""
    core, *ways = get_args(hint)
    for way in ways:
        yield way.parameter(name, core, default)


def _type(core: Any) -> Any:
    if get_origin(core) is Literal:
        return click.Choice(get_args(core))
    return {int: click.INT, Path: FILE}.get(core, click.STRING)
