"""What is typed behind a command is said once: what Python says of a parameter, its option is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import click
import pytest
from click.testing import CliRunner

from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option, place
from sync_scripts.cli.frame.typed import spoken
from sync_scripts.cli.opening.dossier import Wanted, dossier

Seen = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Two options that go together."""

    owner: Annotated[str | None, option("--owner", "Whose.")]
    mine: Annotated[bool, option("--mine", "One's own.")]
    drawn: int = field(init=False, default=7)


@command("try")
def tried(
    shell: Shell,
    *,
    code: Annotated[str, place("CODE")],
    more: Annotated[tuple[Path, ...], place("[FILE]...", type=click.Path(path_type=Path))],
    whom: Whom,
    states: Annotated[tuple[str, ...], option("--state", "Some.")],
    sort: Annotated[Literal["due", "urgency"], option("--sort", "Order.")] = "due",
    number: Annotated[int | None, option("-n --number", "How many.")],
    into: Annotated[Path | None, option("--into", "Where.", type=FOLDER)],
    form: Annotated[
        str | None,
        option("--md", "One way.", flag_value="md"),
        option("--html", "Another.", flag_value="html"),
    ],
    purpose: Annotated[str, option("--purpose", "What for.")],
) -> None:
    """Remember what came."""
    found: Seen = click.get_current_context().find_object(Shell).__dict__.setdefault("seen", {})
    found |= {"code": code, "more": more, "whom": whom, "states": states, "sort": sort, "number": number}
    found |= {"into": into, "form": form, "purpose": purpose, "shell": shell}


def seen(*words: str) -> Seen:
    """Return what the function gets."""
    shell = Shell()
    done = CliRunner().invoke(tried, words, obj=shell)
    assert done.exit_code == 0, done.output
    said: Seen = shell.__dict__["seen"]
    assert said.pop("shell") is shell
    return said


def test_what_may_be_left_out_is_nothing_or_its_default() -> None:
    """An option that may be None is None, a flag false, what may come several times empty; a default stands in the signature."""
    said = seen("DK-1", "--purpose", "un")

    assert (said["more"], said["states"], said["number"], said["into"], said["form"]) == (
        (),
        (),
        None,
        None,
        None,
    )
    assert (said["sort"], said["whom"].owner, said["whom"].mine, said["whom"].drawn) == (
        "due",
        None,
        False,
        7,
    )


def test_each_is_read_as_its_type() -> None:
    """Numbers and paths are none any more as text; a dataclass comes whole, in the place of its fields."""
    said = seen(
        *("DK-1", "a.xlsx", "b.xlsx", "--mine", "--owner", "RD-01", "--state", "open", "--state", "closed"),
        *("--sort", "urgency", "-n", "3", "--into", "out", "--html", "--purpose", "un"),
    )

    assert said["whom"].owner == "RD-01"
    assert said["whom"].mine
    assert {name: one for name, one in said.items() if name != "whom"} == {
        "code": "DK-1",
        "more": (Path("a.xlsx"), Path("b.xlsx")),
        "states": ("open", "closed"),
        "sort": "urgency",
        "number": 3,
        "into": Path("out"),
        "form": "html",
        "purpose": "un",
    }


@pytest.mark.parametrize(
    "words",
    [("DK-1",), ("--purpose", "un"), ("DK-1", "--purpose", "un", "--sort", "other"), ("DK-1", "-n", "x")],
)
def test_what_must_be_there_and_what_it_may_be_is_asked_for(words: tuple[str, ...]) -> None:
    """What is neither optional nor has a default is needed; a Literal takes its values alone."""
    assert CliRunner().invoke(tried, words, obj=Shell()).exit_code == 2


def test_the_help_has_the_order_of_the_signature() -> None:
    """Fields of a dataclass stand in its place."""
    names = [one.name for one in tried.params]

    assert names[:5] == ["code", "more", "owner", "mine", "states"]


def test_what_was_typed_is_typed_again() -> None:
    """Another process is told the same; what was left out is left out."""
    assert spoken(Whom(owner="RD-01", mine=True)) == ["--owner", "RD-01", "--mine"]
    assert spoken(Whom(owner=None, mine=False)) == []
    wanted = Wanted(code="DK-1", purpose="un", to="un:OHCHR", reason="Asked", out=Path("/out"), look=True)
    words = spoken(wanted)
    told = {one.name: one for one in dossier.params}
    again = dossier.make_context("dossier", list(words)).params
    assert words[:3] == ["DK-1", "--purpose", "un"]
    assert {name: again[name] for name in told if name in vars(wanted)} == {
        name: said for name, said in vars(wanted).items() if name != "reference"
    }
