"""The data dictionary of a form: what each answer is, who is asked, how secret it is and where it goes. Reads no file.

The flow of the form first, then one entry for each question, text and computed value, in the order of the form, then the lists. As
a table for people (Markdown) or a workbook; both hold the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _

from xlsform.answers.condition_words import Speaker
from xlsform.answers.steps import Step, outline
from xlsform.model import SEALED, Form, Kind, Question, resolve


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the dictionary.

    Attributes:
        path: place in the form, groups before a slash.
        labels: the label by language code.
        list: where its codes come from: a list of the form, or a file; "" for none.
        required: ``yes``, ``no``, or the condition in words.
        condition: when it is asked, in words, the conditions of its groups first; "" for always.
        sensitivity: 0 to 3.
        register: ``entity.field``; ``extra`` when nothing maps it; "" for what is never an answer.
    """

    path: str
    type: str
    labels: Mapping[str, str]
    list: str
    required: str
    condition: str
    sensitivity: int
    register: str


def entries(form: Form, language: str = "") -> Iterator[Entry]:
    """Yield the entries; ``language`` is the form's language in which conditions name answers, its first by default."""
    resolved = resolve(form)
    speaker = Speaker(resolved, language or next(iter(form.languages), ""), lambda name: name)
    for question in resolved.questions:
        yield _entry(question, speaker)


def _entry(question: Question, speaker: Speaker) -> Entry:
    conditions = (*question.relevances, question.relevance)
    return Entry(
        path="/".join(question.path),
        type=question.type,
        labels=question.labels,
        list=question.list or question.file or "",
        required=_required(question.row.cell("required"), speaker),
        condition="; ".join(speaker.say(condition) for condition in conditions if condition),
        sensitivity=question.level,
        register=_register(question),
    )


def _required(cell: str, speaker: Speaker) -> str:
    plain = {
        "": "no",
        "no": "no",
        "false": "no",
        "false()": "no",
        "yes": "yes",
        "true": "yes",
        "true()": "yes",
    }
    return plain.get(cell) or speaker.say(cell)


def _register(question: Question) -> str:
    if question.field is not None:
        return f"{question.entity}.{question.field}" if question.entity else question.field
    return "extra" if question.kind is Kind.QUESTION else ""


# --- as tables ----------------------------------------------------------------------------------------------------


def level_words(level: int) -> str:
    """Return a level of secrecy and its word: ``3 sealed``."""
    words = (_("public"), _("internal"), _("restricted"), _("sealed"))
    return f"{level} {words[min(level, SEALED)]}"


def _yes_no(required: str) -> str:
    return {"yes": _("yes"), "no": _("no")}.get(required, required)


def _headers(form: Form) -> list[str]:
    return [
        _("Name"),
        _("Type"),
        *(_("Label, {language}").format(language=name) for name in _languages(form).values()),
        _("List"),
        _("Must be answered"),
        _("Asked when"),
        _("Sensitivity"),
        _("Register"),
    ]


def _languages(form: Form) -> Mapping[str, str]:
    return form.languages or {"": "-"}


def _cells(form: Form, entry: Entry) -> list[str]:
    return [
        entry.path,
        entry.type,
        *(entry.labels.get(code, "") for code in _languages(form)),
        entry.list,
        _yes_no(entry.required),
        entry.condition,
        level_words(entry.sensitivity),
        entry.register,
    ]


def _choices(form: Form) -> Iterator[list[str]]:
    for name, choices in form.choices.items():
        for choice in choices:
            yield [name, choice.name, *(choice.labels.get(code, "") for code in _languages(form))]


def _choice_headers(form: Form) -> list[str]:
    return [_("List"), _("Code"), *_languages(form).values()]


def markdown(form: Form, language: str = "") -> str:
    """Return the dictionary as Markdown."""
    found = list(entries(form, language))
    head = _("Version {version}. {n} entries.").format(version=form.version or "-", n=len(found))
    lines = [
        f"# {form.title}",
        "",
        head,
        "",
        "## " + _("Flow"),
        "",
        *(_bullet(*one) for one in _outline(form, language)),
        "",
    ]
    lines += ["## " + _("Questions"), ""]
    lines += _table(_headers(form), [_cells(form, entry) for entry in found])
    lists = _("Lists")
    lines += ["", f"## {lists}", ""]
    lines += _table(_choice_headers(form), list(_choices(form)))
    return "\n".join(lines) + "\n"


def _outline(form: Form, language: str) -> Iterator[tuple[str, str]]:
    """Yield each step of the form and each question with a condition, indented by where it lies, and when it is asked."""
    for depth, one in outline(form, language or next(iter(form.languages), "")):
        heading = one.heading() or "-" if isinstance(one, Step) else one.question
        yield "    " * depth + heading, one.condition


def _bullet(what: str, condition: str) -> str:
    words = what.lstrip()
    when = _("{question}: only if {condition}").format(question=words, condition=condition)
    return f"{what[: len(what) - len(words)]}- {when if condition else words}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _line(headers)
    yield _line(["---"] * len(headers))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in cells)} |"


def workbook(form: Form, language: str = "") -> bytes:
    """Return the dictionary as a workbook of two sheets; the same form gives the same bytes."""
    from xlsform.workbooks.tables import Column, Sheet, write

    wide = {_("Asked when"): 60, _("Must be answered"): 30, _("Name"): 34, _("Register"): 28, _("List"): 22}
    headers = _headers(form)
    columns = [
        Column(header, wide.get(header, 44 if 2 <= at < 2 + len(_languages(form)) else 16))
        for at, header in enumerate(headers)
    ]
    lists = [Column(header, 24 if at < 2 else 44) for at, header in enumerate(_choice_headers(form))]
    flow = list(_outline(form, language))
    return write(
        [
            Sheet(
                _("Flow"),
                [Column(_("Step"), 80, filled_in=True), Column(_("Asked when"), 80, filled_in=True)],
                flow,
                call={at for at, (_step, condition) in enumerate(flow) if condition},
            ),
            Sheet(_("Questions"), columns, [_cells(form, entry) for entry in entries(form, language)]),
            Sheet(_("Lists"), lists, list(_choices(form))),
        ]
    )
