"""No text that somebody types freely is kept in the open unread: each is looked at for a number and for a place.

What is typed goes into decisions, and those into a log that is never changed again. Every option and argument of every command
is looked at here, so that a new one is either read by `plain_text` or stands below with why it needs not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import translation
from typing import Final

import click
import pytest
from click.testing import CliRunner

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.options import TextFile, When, plain_text
from sync_scripts.cli.tree import cli
from sync_scripts.store.errors import TextIdentifies
from sync_scripts.texts import DOMAIN, LOCALE

NO_TEXT: Final = (
    *(click.types.BoolParamType, click.types.IntParamType, click.types.FloatParamType),
    *(click.Choice, click.Path, When, TextFile),
)
"""Types whose values are no free text; what a file holds is read by whoever takes it in."""

_CODE = (
    "a code, number or name of something that is there: looked up, and refused when there is no such thing"
)
_READ = "read as what it says, and refused when it cannot be: a time, a key, an address, an answer"
_FORM = "a form, a file, a language or a place of a form: nothing of a person"
EXPLAINED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *(
                "as_code",
                "code",
                "codes",
                "worker",
                "owner",
                "made_for",
                "custody_from",
                "other",
            ),
            *("case", "into", "person", "who", "item", "items", "original", "name", "names"),
            *(
                "only",
                "server",
                "provider",
                "service",
                "services",
                "department",
                "region",
                "purpose",
                "purposes",
            ),
            *("task", "because", "verification", "field", "also", "without", "reviewed", "number"),
        ),
        _CODE,
    ),
    **dict.fromkeys(
        (
            *("every", "within", "length", "due", "verified_on", "answers", "recipient", "organisation"),
            *("recovery", "register_url", "url", "classroom", "holders"),
        ),
        _READ,
    ),
    **dict.fromkeys(
        (
            "form",
            "files",
            "old",
            "new",
            "scenario",
            "language",
            "target",
            "source",
            "accept",
            "sheet",
        ),
        _FORM,
    ),
    "person correct value": "read by a reader of its own, for which an amount is no number of a telephone; looked at below",
    "qr --title": "the name of the project on phones; printed on the card, written nowhere else",
    "qr --account": "the name under which a phone logs in at its server; printed on the card, written nowhere else",
    "alerts list --text": "what is looked for in a list; kept nowhere",
    "cases list --text": "what is looked for in a list; kept nowhere",
    "providers add --name": "an organisation of the directory",
    "providers add --opening": "when an organisation of the directory is open: runs of hours look like numbers",
    "providers add --contact": "how an organisation of the directory is reached: its number is what is asked for",
    "forms add --org": "the organisation, as its forms name it",
    "forms save --org": "the organisation, as its forms name it",
    "forms upgrade --org": "the organisation, as its forms name it",
    "forms zone --org": "the organisation, as its forms name it",
}
"""Free texts that are not read, by the parameter's name or, where it is one command's own, by command and option: and why."""
_FRENCH = translation(DOMAIN, LOCALE, ["fr"]).gettext
_SENTENCES = frozenset(
    said for word in ("TEXT", "REASON", "WORDS", "[VALUE]", "RECEIVER") for said in (word, _FRENCH(word))
)
"""What stands for a text in the help, in whatever language it was first asked for."""


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its words, hidden ones too."""
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*words, name))


def texts() -> Iterator[tuple[str, click.Parameter]]:
    """Yield everything that takes any text, by its command and what is typed before it."""
    for words, command in commands(cli):
        for one in command.params:
            if not (getattr(one, "is_flag", False) or isinstance(one.type, NO_TEXT)):
                yield f"{words} {one.opts[0]}", one


def why(told: str, one: click.Parameter) -> str | None:
    """Return why a text needs not be read; None when nobody said."""
    return EXPLAINED.get(told) or EXPLAINED.get(one.name or "")


FREE: Final = dict(texts())


@pytest.mark.parametrize("told", FREE)
def test_what_is_typed_freely_is_read_or_its_exception_explained(told: str) -> None:
    """A reason, a note or a receiver that may hold a telephone number cannot be forgotten: it is written for ever."""
    one = FREE[told]

    assert one.callback is plain_text or why(told, one)


@pytest.mark.parametrize("told", [told for told, one in FREE.items() if one.callback is plain_text])
def test_what_is_read_refuses_a_number(told: str) -> None:
    """Whatever else a text must be, a number in it is refused before the command begins."""
    context = click.Context(click.Command("x"))
    with pytest.raises(TextIdentifies):
        FREE[told].process_value(context, "Call 677 12 34 56")


@pytest.mark.parametrize("field", ["detention.place", "death.place", "nothing.known", "loss.note", ""])
def test_a_corrected_answer_is_read_too(field: str) -> None:
    """What was answered and what stands instead are both written down; what is no field at all is read as a text."""
    with pytest.raises(TextIdentifies):
        corrected(field, "Call 677 12 34 56")


def test_an_amount_is_no_telephone_number() -> None:
    """Where a field takes a number alone, eight digits in a row are what was lost."""
    assert corrected("loss.value_xaf", "25000000") == "25000000"
    assert corrected("person.V2.age", "25000000") == "25000000", "refused later, as an age"


def corrected(field: str, value: str) -> str:
    """Return the value of a correction as the command line takes it."""
    command = dict(commands(cli))["person correct"]
    said: str = command.make_context("correct", ["DK-1", field, value, "--reason", "x"]).params["value"]
    return said


def test_no_text_hides_behind_the_name_of_a_code() -> None:
    """An option called a text, a reason or a receiver in the help is read, or has an exception of its own."""
    hidden = {
        told
        for told, one in FREE.items()
        if one.metavar in _SENTENCES and one.callback is not plain_text and told not in EXPLAINED
    }

    assert hidden == {"cases move --because"}, "a code of the list of closure reasons"


def test_no_exception_is_left_over() -> None:
    """An exception for what is read by now, or is gone, would wait for the next text of that name."""
    needed = {
        told if told in EXPLAINED else one.name
        for told, one in FREE.items()
        if one.callback is not plain_text
    }

    assert set(EXPLAINED) - needed == set()


@click.command
@click.option("--reason", default="", callback=plain_text)
@click.argument("text", default="", callback=plain_text)
def _say(reason: str, text: str) -> None:
    click.echo(f"<{reason}> <{text}>")


def test_a_text_can_be_handed_over_where_no_list_of_programs_shows_it() -> None:
    """With ``-`` in its place it is the next line of what another program hands over; nothing more is no text."""
    runner = CliRunner()

    assert runner.invoke(_say, ["--reason", "-", "-"], input="A lawyer asks\nHe rang\n").output == (
        "<A lawyer asks> <He rang>\n"
    )
    assert runner.invoke(_say, ["--reason", "-"], input="").output == "<> <>\n"
    wrong = runner.invoke(_say, ["--reason", "-"], input="Call 677123456\n")
    assert isinstance(wrong.exception, TextIdentifies)


def test_at_a_terminal_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of its option, or of what stands behind the command; nothing typed is no text."""
    monkeypatch.setattr(handed, "somebody_types", lambda: True)
    said = CliRunner().invoke(_say, ["--reason", "-", "-"], input="A lawyer asks\n\n")

    assert said.stdout == "<A lawyer asks> <>\n"
    assert "--reason (no list" in said.stderr
    assert "TEXT" in said.stderr


def test_each_reason_says_how_it_is_asked_for() -> None:
    """Whoever never read the page about it learns from the help that a dash keeps a reason out of the list of programs."""
    asked = ("reason", "late", "stay_open", "clear")
    silent = [
        told
        for told, one in texts()
        if isinstance(one, click.Option)
        and one.name in asked
        and one.callback is plain_text
        and told != "vault names --reason"  # typed by no person
        and "- asks for" not in (one.help or "")
    ]

    assert silent == []
