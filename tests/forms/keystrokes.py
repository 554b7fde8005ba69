"""How long a form takes: a keystroke-level model for phones, of constants that others measured. Shipped nowhere, asks nobody.

The model adds what a person does on each screen: read, decide, tap, type, scroll, turn the page. It knows the form only by its
definition; which questions are shown, ODK Collect's engine says (`tests.forms.length`). Two users: a first-time one with little
schooling, who reads every word that is on the screen until the answer is found, and a practised one, who knows the screens by heart
and still decides and types. Nobody was timed: the sources are studies of other people, in other lands, on other tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xlsform.model import Question, Section

TAP: Final = 0.57
"""Touch one thing: Asakawa, Dennerlein, Jindrich, Applied Ergonomics 58 (2017), doi 10.1016/j.apergo.2016.06.004: 567 ms (SD 190)."""

SWIPE: Final = 0.85
"""Turn a page or scroll one screen: the same study; slides took 765 ms or more, most of them over 843 ms."""

DECIDE: Final = 1.35
"""Mental preparation before an answer: operator M of Card, Moran, Newell, Communications of the ACM 23 (1980), 396-410."""

PICTURE: Final = 0.55
"""See and name one drawing: Cattell, Mind 11 (1886), 63-65, "over half a second"; Potter, Faulconer, Nature 253 (1975), 437-438: a
drawing is understood no later than its word. A drawing does not spare reading the word of the answer that is chosen."""

WAIT: Final = 0.4
"""Until the next screen, list or keyboard is there: Android's ``config_mediumAnimTime``. A slow phone takes longer."""

OPENING: Final = 3 * (DECIDE + TAP + WAIT)
"""The way in and out: new form, this form, finalise; what stands on those screens of Collect is not read."""

Kind = Literal["passed", "kept", "quick", "boxes", "several", "menu", "text"]


@dataclass(frozen=True)
class User:
    """Somebody who fills the form.

    Attributes:
        words_per_minute: reading, and saying aloud what the form wants said.
        reads: whether everything on the screen is read, or known by heart.
        key: seconds for one key of a code.
    """

    words_per_minute: int
    reads: bool
    key: float

    def reading(self, text: str) -> float:
        """Return the seconds for reading a text aloud or slowly."""
        return 60 * words(text) / self.words_per_minute


FIRST: Final = User(words_per_minute=98, reads=True, key=1.2)
"""Reads aloud 98 words a minute: the mean of the adults of NAAL 2003 who could be tested (Baer, Kutner, Sabatini, Basic Reading Skills
and the Literacy of America's Least Literate Adults, NCES 2009-481; silent readers of much schooling: 238, Brysbaert 2019). A key takes
1.2 s: "unfamiliar with the keyboard" in Card, Moran, Newell 1980."""

PRACTISED: Final = User(words_per_minute=98, reads=False, key=0.75)
"""Knows the screens; still says the sentence of consent. A key takes 0.75 s: "complex codes" in Card, Moran, Newell 1980."""


@dataclass(frozen=True)
class Seen:
    """A question or note as it is on the screen, in one language.

    Attributes:
        label, hint: what is read; ``said`` is read aloud to the person, by everybody.
        options: labels of the choices that are offered, in their order; ``drawn`` those that have a picture.
        chosen: places of the answers among them, from 1.
        typed: what is typed, "" if nothing is.
        folded: the choices are seen only after a tap.
        kind: how it is answered; "passed" for what is left empty, "kept" for what the phone filled in.
    """

    label: str
    hint: str = ""
    said: str = ""
    options: tuple[str, ...] = ()
    drawn: int = 0
    chosen: tuple[int, ...] = ()
    typed: str = ""
    kind: Kind = "passed"
    folded: bool = False


def words(text: str) -> int:
    """Count the words of a text: runs of letters, digits and apostrophes.

    >>> words("Est-ce que l'arrondissement (ville) est juste ?")
    7
    """
    return len(re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*", text))


def screen_seconds(title: str, shown: Sequence[Seen], user: User) -> float:
    """Return the seconds that one screen takes: its title, what is on it, scrolling, and turning to the next one."""
    seconds = user.reading(title) if user.reads else 0.0
    seconds += sum(_seconds(one, user) for one in shown)
    seconds += (_pages(shown) - 1) * SWIPE
    turns_itself = len(shown) == 1 and shown[0].kind == "quick"
    return seconds + WAIT + (0 if turns_itself else SWIPE)


def _seconds(one: Seen, user: User) -> float:
    read = user.reading(one.label) if user.reads else 0.0
    if one.kind == "passed":
        return read
    read += (user.reading(one.hint) if user.reads else 0) + user.reading(one.said)
    if one.kind == "kept":
        return read + DECIDE + (user.reading(" ".join(_named(one))) if user.reads else 0)
    return read + DECIDE + _answering(one, user)


def _answering(one: Seen, user: User) -> float:
    """Return the seconds for giving the answer, once the question is read."""
    if one.kind == "text":
        return TAP + WAIT + keys(one.typed) * user.key
    look = _looking(one, user)
    taps = len(one.chosen) * TAP
    if one.kind == "menu":
        return TAP + WAIT + look + taps
    return look + taps


def _looking(one: Seen, user: User) -> float:
    """Return the seconds for finding the answers: down to the last one, or all of them where several may be chosen."""
    if not user.reads:
        return (len(one.chosen) - 1) * DECIDE
    until = len(one.options) if one.kind == "several" else max(one.chosen)
    if one.drawn == len(one.options):
        return until * PICTURE + user.reading(" ".join(_named(one)))
    return user.reading(" ".join(one.options[:until]))


def _named(one: Seen) -> Iterator[str]:
    return (one.options[number - 1] for number in one.chosen)


def keys(code: str) -> int:
    """Count the keys of a code on a phone: its signs, the capitals lock twice, and each change between letters and signs.

    >>> keys("PF-NW-03")
    13
    """
    letters = [sign.isalpha() for sign in code]
    changes = sum(before != after for before, after in zip([True, *letters], letters, strict=False))
    return len(code) + changes + 2 * any(sign.isupper() for sign in code)


_HEIGHT, _WIDTH, _LINE, _SMALL, _TARGET, _DRAWING = 504, 28, 28, 22, 48, 150
"""A phone of 360 x 640 dp without its bars; signs in a line, and heights of a line, a line of a hint, a touch target, a drawing."""


def _pages(shown: Sequence[Seen]) -> int:
    """Return how many times the height of the phone a screen has."""
    return max(1, -(-sum(_height(one) for one in shown) // _HEIGHT))


def _height(one: Seen) -> int:
    text = _lines(one.label) * _LINE + _lines(one.hint) * _SMALL
    if one.folded or not one.options:
        return text + _TARGET
    if one.drawn:
        return text + -(-len(one.options) // 2) * (_TARGET + _DRAWING)
    return text + sum(max(_TARGET, _lines(label) * _LINE) for label in one.options)


def _lines(text: str) -> int:
    return -(-len(text) // _WIDTH)


_SAID: Final = re.compile(r"(?:Dites|Say)\s*:\s*[«\"]\s*(.+?)\s*[»\"]")


def seen(
    question: Question, language: str, options: Mapping[str, tuple[str, bool]], answer: str, *, kept: bool
) -> Seen:
    """Return a question as it is on the screen.

    Args:
        question: of the form.
        language: code of a language of the form.
        options: choice -> its label, and whether it has a picture, as offered now.
        answer: as given; "" when it is passed.
        kept: the phone filled it in, from the form before or from its settings.
    """
    row = question.row
    label, hint = row.text("label", language), row.text("hint", language)
    found = _SAID.match(hint)
    said = found[1] if found else ""
    chosen = tuple(number for number, code in enumerate(options, start=1) if code in answer.split())
    return Seen(
        label=label,
        hint=hint.replace(said, "") if said else hint,
        said=said,
        options=tuple(text for text, _ in options.values()),
        drawn=sum(drawn for _, drawn in options.values()),
        chosen=chosen,
        typed="" if options else answer,
        kind=_kind(question, answer, kept=kept),
        folded="minimal" in row.cell("appearance").split(),
    )


def _kind(question: Question, answer: str, *, kept: bool) -> Kind:
    look = question.row.cell("appearance").split()
    if kept or not answer:
        return "kept" if kept else "passed"
    if not question.row.base.startswith("select_"):
        return "text"
    if "minimal" in look:
        return "menu"
    if question.type == "select_multiple":
        return "several"
    return "quick" if "quick" in look else "boxes"


def titles(sections: Sequence[Section], path: tuple[str, ...], language: str) -> str:
    """Return the labels of the groups around a question, as the phone shows them above it."""
    around = (one for one in sections if one.path == path[: len(one.path)])
    return " ".join(one.row.text("label", language) for one in around)
