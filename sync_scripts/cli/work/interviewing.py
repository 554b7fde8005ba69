"""A form asked question by question in a terminal. Shows, reads a line, asks again; what is asked, `Interview` says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from gettext import gettext as _
from typing import Final

import click
import msgspec

from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.errors import DikaloError, UsageProblem
from sync_scripts.store.clear_files import Leaving
from sync_scripts.store.detectors import hits
from xlsform.answers.interview import Interview, Wrong
from xlsform.model import SEALED, Choice, Kind, Question

BACK, HELP = "<", "?"
_SHOWN: Final = 15
"""Longest list that is shown whole; in a longer one the person types the first letters."""
_ENTER, _LEAVE = "\x1b[?1049h\x1b[H", "\x1b[?1049l"


NobodyAnswers: Final = UsageProblem.declare(
    "DK-P03",
    "This command asks questions, and this is not a terminal (or --json was given). Nothing was done. Run it in a "
    "terminal, or give the answers in a file with --from.",
)
AnswersUnreadable: Final = UsageProblem.declare(
    "DK-P04",
    "The answers cannot be read: they must be one JSON object with a text for each question, as "
    '{{"region": "CM007"}}. Nothing was kept.',
)
AnswersWrong: Final = UsageProblem.declare(
    "DK-P05",
    "These answers do not fit the form. Nothing was kept. {problems}",
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How far an interview came.

    Attributes:
        answers: what was answered.
        whole: it reached its end.
        at: the question at which it stopped, or the last one: there it goes on.
    """

    answers: dict[str, str]
    whole: bool
    at: Question | None = None

    def __repr__(self) -> str:
        """Say nothing of the answers."""
        return f"Stopped(whole={self.whole})"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a terminal adds to questions that were written for a phone.

    Attributes:
        hints: name of a question -> what is said under it here.
        readers: name of a question -> what reads a text that is typed there; raises an error in words for what cannot be.
    """

    hints: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, Callable[[str], str]] = field(default_factory=dict)


@contextmanager
def own_screen() -> Iterator[None]:
    """Show the interview on a screen of its own, so that a victim's words do not stay in the window's history."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(_ENTER, nl=False, err=True)
    try:
        yield
    finally:
        with suppress(OSError):  # the window may be gone
            click.echo(_LEAVE, nl=False, err=True)


def _say(text: str) -> None:
    """Write for the person who is asked, on standard error."""
    click.echo(for_stream(text, sys.stderr), err=True)


def ask_all(
    interview: Interview,
    language: str,
    beside: Beside | None = None,
    begun: Stopped | None = None,
    end: Leaving | None = None,
) -> Stopped:
    """Ask everything that is to be asked; Ctrl-C, or a window that is gone, ends it early with what was answered so far.

    Args:
        interview: the questions.
        language: of the form's texts.
        beside: what is said and checked here besides.
        begun: an interview that goes on where it stopped.
        end: hears that nobody answers any more.
    """
    answers = dict(begun.answers) if begun is not None else {}
    asking = _Asking(interview, language, beside or Beside(), answers, end or Leaving())
    at = begun.at if begun is not None else None
    question = at or interview.after(None, asking.answers)
    try:
        while question is not None:
            at = question
            question = asking.one(question)
    except (click.Abort, EOFError, KeyboardInterrupt, OSError):
        return Stopped(interview.kept(asking.answers), whole=False, at=at)
    return Stopped(interview.kept(asking.answers), whole=True, at=at)


def told(interview: Interview, answers: Mapping[str, str], language: str) -> Iterator[str]:
    """Yield what was answered, a question a line, for whoever has to write it down; for a screen of its own alone."""
    asking = _Asking(interview, language, Beside(), dict(answers))
    for question in interview.questions:
        if question.name in answers:
            yield f"{asking.label(question)}  {asking.said(question)}"


@dataclass(slots=True)
class _Asking:
    interview: Interview
    language: str
    beside: Beside
    answers: dict[str, str] = field(default_factory=dict)
    end: Leaving = field(default_factory=Leaving)

    def one(self, question: Question) -> Question | None:
        """Ask one question; return the next one, or the one before."""
        self._show(question)
        if question.kind is Kind.NOTE:
            return self.interview.after(question, self.answers)
        offered = self._offered(question)
        while True:
            typed = self._typed(question)
            if typed == BACK:
                return self.interview.before(question, self.answers) or question
            if typed == HELP:
                self._help(question)
                continue
            if (answer := self._read(question, typed, offered)) is None:
                continue
            if (answer := self._checked(question, answer)) is None:
                continue
            if (wrong := self.interview.wrong(question, answer, self.answers, self.language)) is not None:
                _say(f"  {wrong_words(wrong)}")
                continue
            self.answers[question.name] = answer
            return self.interview.after(question, self.answers)

    def _typed(self, question: Question) -> str:
        prompt = self._prompt(question)
        with self.end.asking():
            typed: str = click.prompt(
                for_stream(prompt, sys.stderr),
                default="",
                show_default=False,
                prompt_suffix=_(": "),
                err=True,
            )
        return typed.strip()

    def _checked(self, question: Question, answer: str) -> str | None:
        """Return a text as it is kept, None when it must be asked again."""
        if _points_to_somebody(question, answer):
            _say("  " + _("This looks like a telephone number, and it would not be sealed here."))
            return None
        reader = self.beside.readers.get(question.name)
        if reader is None or not answer:
            return answer
        try:
            return reader(answer)
        except DikaloError as wrong:
            _say(f"  {wrong.words()}")
            return None

    def label(self, question: Question) -> str:
        """Return a question's own words."""
        return self._text(question, "label") or question.name

    def said(self, question: Question) -> str:
        """Return what was answered to a question, choices in their words."""
        answer = self.answers[question.name]
        if not question.type.startswith("select"):
            return answer
        labels = {one.name: self._label(one) for one in self.interview.choices(question, self.answers)}
        return ", ".join(labels.get(one, one) for one in answer.split())

    def _show(self, question: Question) -> None:
        _say("")
        _say(click.style(self._text(question, "label"), bold=True))
        if hint := self.beside.hints.get(question.name) or self._text(question, "hint"):
            _say(f"  {hint}")

    def _offered(self, question: Question) -> Sequence[Choice]:
        offered = self.interview.choices(question, self.answers)
        if len(offered) <= _SHOWN:
            self._list(offered)
        return offered

    def _list(self, offered: Sequence[Choice]) -> None:
        for number, one in enumerate(offered, 1):
            _say(f"  {number:>2}  {self._label(one)}")

    def _prompt(self, question: Question) -> str:
        if not question.type.startswith("select"):
            what = _("day as 2026-11-25") if question.type == "date" else _("text")
        elif len(self.interview.choices(question, self.answers)) > _SHOWN:
            what = _("first letters")
        else:
            what = _("numbers, with blanks between") if question.type == "select_multiple" else _("number")
        skip = "" if self.interview.required(question, self.answers) else _(", Enter to skip")
        return "  " + _("{what}{skip}, < back, ? help").format(what=what, skip=skip)

    def _help(self, question: Question) -> None:
        told = self._text(question, "guidance_hint") or self._text(question, "hint")
        _say("  " + (told or _("There is no more to say about this question.")))

    def _read(self, question: Question, typed: str, offered: Sequence[Choice]) -> str | None:
        """Return the answer that was typed, None when it must be asked again."""
        if not question.type.startswith("select") or not typed:
            return typed
        if len(offered) > _SHOWN:
            return self._found(typed, offered)
        numbers = typed.replace(",", " ").split()
        if not all(one.isdecimal() and 1 <= int(one) <= len(offered) for one in numbers):
            _say("  " + _("Type a number from 1 to {last}.").format(last=len(offered)))
            return None
        if len(numbers) > 1 and question.type != "select_multiple":
            _say("  " + _("Only one answer is possible."))
            return None
        chosen = {int(one) - 1 for one in numbers}
        return " ".join(one.name for number, one in enumerate(offered) if number in chosen)

    def _found(self, typed: str, offered: Sequence[Choice]) -> str | None:
        """Return the one choice that begins so; show those that do when there are several."""
        wanted = typed.casefold()
        exact = [one for one in offered if wanted in {self._label(one).casefold(), one.name.casefold()}]
        alike = exact or [one for one in offered if wanted in self._label(one).casefold()]
        if len(alike) == 1:
            _say(f"  {self._label(alike[0])}")
            return alike[0].name
        if not alike:
            _say("  " + _("Nothing in the list is like this."))
            return None
        for one in alike[:_SHOWN]:
            _say(f"  {self._label(one)}")
        _say("  " + _("Several are like this: type more letters."))
        return None

    def _text(self, question: Question, column: str) -> str:
        texts = question.row.texts.get(column, {})
        return texts.get(self.language) or next(iter(texts.values()), "")

    def _label(self, choice: Choice) -> str:
        return choice.labels.get(self.language) or next(iter(choice.labels.values()), choice.name)


def _points_to_somebody(question: Question, answer: str) -> bool:
    """Tell whether a text that would stay open holds a number or a place; what is sealed may hold anything."""
    return question.type == "text" and question.level < SEALED and any(hits(answer))


def wrong_words(wrong: Wrong) -> str:
    """Return why an answer cannot be taken, in the person's language."""
    words = {
        "required": _("An answer is needed here."),
        "choice": _("This is not in the list."),
        "number": _("Type a whole number."),
        "date": _("Type a day as 2026-11-25."),
        "rule": _("This answer cannot be right."),
    }
    return wrong.message or words[wrong.why]


def must_be_terminal(shell: Shell) -> None:
    """Refuse to ask where nobody can answer.

    Raises:
        NobodyAnswers: no terminal, or a program reads.
    """
    if shell.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NobodyAnswers


def read_answers(interview: Interview, text: str, language: str) -> dict[str, str]:
    """Return answers that were all given at once, in the order of the form.

    Raises:
        AnswersUnreadable: the text is not an object of texts.
        AnswersWrong: some do not fit; names the questions, never the answers.
        AskedNowhere: they answer something that is not asked.
    """
    try:
        given = msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError):
        raise AnswersUnreadable from None
    answers = {name: answer.strip() for name, answer in given.items() if answer.strip()}
    found = [f"{one.name}: {wrong_words(wrong)}" for one, wrong in interview.faults(answers, language)]
    if found:
        raise AnswersWrong(problems=" ".join(found))
    return interview.kept(answers)
