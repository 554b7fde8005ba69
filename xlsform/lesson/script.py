"""The script of a filling: screen by screen, as text, as Markdown, or as a page to print. Writes no file.

The words of the form stand in the language that was chosen, those around them in the language of the program. At the top it
says that everything is invented, because answers that would be sealed are shown here in the clear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext

from xlsform.engine.telling import Another, Offered, Screen, Shown, Told

MOST_CHOICES = 14
"""A list with more choices is shown by those that are chosen and their number."""
SEALED = 3
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>#|"})
_MEDIA = frozenset(("image", "audio", "video", "file"))


@dataclass(frozen=True, slots=True)
class Script:
    """A filling to be shown.

    Attributes:
        form: title of the form; ``form_id`` and ``version`` beside it.
        scenario: name of the scenario; ``about`` what it is about.
        language: full name of the language on the phone; ``code`` its code.
        told: the filling.
        unused: paths of answers that the phone never asked for.
        pictures: name of a picture -> its bytes, for a page.
    """

    form: str
    form_id: str
    version: str
    scenario: str
    about: str
    language: str
    code: str
    told: Told
    unused: tuple[str, ...]
    pictures: Mapping[str, bytes]


def title_of(script: Script) -> str:
    """Return the title: the form and the name of the scenario."""
    return f"{script.form} · {script.scenario}"


def said_of(script: Script) -> list[str]:
    """Return what stands at the top: what this is, that it is invented, how long it is."""
    count, answers = len(script.told.screens), sum(bool(one.answer) for one in _all(script))
    return [
        *([script.about] if script.about else []),
        _("Form {form} {version}, scenario {scenario}, on the phone in {language}.").format(
            form=script.form_id,
            version=script.version or "-",
            scenario=script.scenario,
            language=script.language,
        ),
        _(
            "Everything here is invented: people, villages, numbers, codes, stories, also the answers that would be "
            "sealed. Never put a real report into a lesson."
        ),
        _("{screens}, {answers}.").format(
            screens=ngettext("{n} screen", "{n} screens", count).format(n=count),
            answers=ngettext("{n} answer", "{n} answers", answers).format(n=answers),
        ),
    ]


def _all(script: Script) -> Iterator[Shown]:
    for screen in script.told.screens:
        yield from screen.shown


def numbered(script: Script) -> Iterator[tuple[int, Screen | Another]]:
    """Yield the steps, screens with their number from 1, the questions between them with 0."""
    number = 0
    for step in script.told.steps:
        number += isinstance(step, Screen)
        yield (number if isinstance(step, Screen) else 0), step


def heading(number: int, screen: Screen) -> tuple[str, str]:
    """Return the number of a screen in words, and where it stands, in the language of the phone."""
    where = " › ".join(screen.where)
    return _("Screen {n}").format(n=number), f"{where} ({screen.row})" if where and screen.row else where


def _heading(number: int, screen: Screen) -> str:
    return " · ".join(filter(None, heading(number, screen)))


def kind_words(shown: Shown) -> str:
    """Return what a person does with a question: choose, type, take a picture; "" for a note."""
    words = {
        "note": "",
        "image": _("take a picture"),
        "audio": _("record a voice"),
        "video": _("record a film"),
        "file": _("choose a file"),
        "select_multiple": _("choose one or several"),
        "select_multiple_from_file": _("choose one or several"),
        "acknowledge": _("tick"),
        "geopoint": _("take the place"),
        "date": _("choose a day"),
        "dateTime": _("choose a day and a time"),
        "time": _("choose a time"),
        "integer": _("type a number"),
        "decimal": _("type a number"),
    }
    return words.get(shown.type, _("choose one") if shown.choices else _("type a text"))


def marks_of(shown: Shown) -> list[str]:
    """Return the small words beside a question: what to do, that it must be answered, that the answer is sealed."""
    marks = [kind_words(shown)]
    if shown.required:
        marks.append(_("required"))
    if shown.level >= SEALED and shown.type != "note":
        marks.append(_("sealed"))
    return [mark for mark in marks if mark]


def answer_words(shown: Shown) -> str:
    """Return the answer in words; "" for a note."""
    if shown.type == "note":
        return ""
    if not shown.answer:
        return _("(left empty)")
    if shown.type == "acknowledge":
        return _("(ticked)")
    return _("(done)") if shown.type in _MEDIA else shown.answer


def choices_of(shown: Shown) -> tuple[tuple[Offered, ...], int]:
    """Return the choices to show, and how many are left out."""
    if len(shown.choices) <= MOST_CHOICES:
        return shown.choices, 0
    chosen = tuple(one for one in shown.choices if one.chosen)
    return chosen, len(shown.choices) - len(chosen)


def more_words(left: int) -> str:
    """Return the words for choices that are not shown."""
    return ngettext("… and {n} other choice", "… and {n} other choices", left).format(n=left)


def refused_words(shown: Shown) -> str:
    """Return what the phone says to an answer that it does not take."""
    if shown.says:
        return _("The phone does not take it: {says}").format(says=shown.says)
    words = {
        "required": _("The phone does not go on: an answer is required."),
        "choice": _("The phone does not offer this answer."),
        "type": _("The phone does not let anybody type this here."),
        "constraint": _("The phone does not take this answer."),
    }
    return words.get(shown.refused or "", "")


def another_words(step: Another) -> tuple[str, str]:
    """Return the question between screens and its answer."""
    return _("Add another? {label}").format(label=step.label), _("Yes") if step.wanted else _("No")


def end_words(script: Script) -> list[str]:
    """Return how it ends: finalised, or not, and what nobody asked for."""
    filled = script.told.filled
    words = [
        _("Finalise and send.")
        if filled.xml
        else _("The phone would not let this be finished: correct the answers marked above.")
    ]
    shown = {one.path for one in _all(script) if one.refused is not None}
    words += [
        _("{path}: {says}").format(path=one.path, says=one.message or one.reason)
        for one in filled.refused
        if one.path not in shown
    ]
    if script.unused:
        words.append(
            _("The scenario answers what the phone did not ask: {paths}.").format(
                paths=", ".join(script.unused)
            )
        )
    return words


# --- text ---------------------------------------------------------------------------------------------------------


def text(script: Script) -> Iterator[str]:
    """Yield the lines for a terminal."""
    yield title_of(script)
    yield from said_of(script)
    for number, step in numbered(script):
        if isinstance(step, Another):
            yield ""
            yield "   {} {}".format(*another_words(step))
            continue
        yield ""
        yield _heading(number, step)
        for shown in step.shown:
            yield from _text_of(shown)
    yield ""
    yield from end_words(script)


def _text_of(shown: Shown) -> Iterator[str]:
    marks = ", ".join(marks_of(shown))
    yield from _indented(shown.text + (f"  [{marks}]" if marks else ""), 3)
    yield from _indented(shown.hint, 5)
    for one in choices_of(shown)[0]:
        yield f"     {_box(shown, one)} {one.label}"
    if left := choices_of(shown)[1]:
        yield f"     {more_words(left)}"
    if not shown.choices and shown.type != "note":
        yield f"     > {answer_words(shown)}"
    if shown.refused is not None:
        yield f"     ! {refused_words(shown)}"


def _indented(words: str, by: int) -> Iterator[str]:
    yield from (" " * by + line for line in words.splitlines())


def _box(shown: Shown, one: Offered) -> str:
    if shown.type.startswith("select_multiple"):
        return "[x]" if one.chosen else "[ ]"
    return "(x)" if one.chosen else "( )"


# --- Markdown -----------------------------------------------------------------------------------------------------


def markdown(script: Script) -> Iterator[str]:
    """Yield the lines of a Markdown page."""
    yield f"# {_plain(title_of(script))}"
    for words in said_of(script):
        yield ""
        yield _plain(words)
    for number, step in numbered(script):
        yield ""
        if isinstance(step, Another):
            question, answer = another_words(step)
            yield f"*{_plain(question)}* **{_plain(answer)}**"
            continue
        yield f"## {_plain(_heading(number, step))}"
        for shown in step.shown:
            yield ""
            yield from _markdown_of(shown)
    yield ""
    yield "---"
    for words in end_words(script):
        yield ""
        yield _plain(words)


def _markdown_of(shown: Shown) -> Iterator[str]:
    marks = ", ".join(marks_of(shown))
    first, *rest = shown.text.splitlines() or [""]
    yield f"**{_plain(first)}**" + (f" *({_plain(marks)})*" if marks else "")
    yield from (f"{_plain(line)}" for line in rest)
    if shown.hint or shown.guidance:
        yield ""
        yield from (f"> {_plain(line)}" for line in (*shown.hint.splitlines(), *shown.guidance.splitlines()))
    yield ""
    choices, left = choices_of(shown)
    for one in choices:
        yield f"- [{'x' if one.chosen else ' '}] {_plain(one.label)}"
    if left:
        yield f"- {_plain(more_words(left))}"
    if not shown.choices and shown.type != "note":
        yield f"→ {_plain(answer_words(shown))}"
    if shown.refused is not None:
        yield ""
        yield f"**!** {_plain(refused_words(shown))}"


def _plain(words: str) -> str:
    """Keep signs from meaning something in Markdown."""
    return words.translate(_SPECIAL)


# --- for programs -------------------------------------------------------------------------------------------------


def document(script: Script) -> dict[str, object]:
    """Return what ``--json`` shows."""
    return {
        "form": script.form_id,
        "version": script.version,
        "scenario": script.scenario,
        "about": script.about,
        "language": script.language,
        "invented": True,
        "screens": len(script.told.screens),
        "finished": bool(script.told.filled.xml),
        "refused": [
            {"path": one.path, "reason": one.reason, "says": one.message}
            for one in script.told.filled.refused
        ],
        "unused": list(script.unused),
        "steps": [_step(number, step) for number, step in numbered(script)],
    }


def _step(number: int, step: Screen | Another) -> dict[str, object]:
    if isinstance(step, Another):
        return {"another": step.label, "wanted": step.wanted}
    return {"screen": number, "where": list(step.where), "shown": [_shown(one) for one in step.shown]}


def _shown(one: Shown) -> dict[str, object]:
    return {
        "path": one.path,
        "type": one.type,
        "text": one.text,
        "hint": one.hint,
        "required": one.required,
        "sensitivity": one.level,
        "choices": [
            {"code": choice.code, "label": choice.label, "chosen": choice.chosen} for choice in one.choices
        ],
        "answer": one.answer,
        "refused": one.refused,
    }
