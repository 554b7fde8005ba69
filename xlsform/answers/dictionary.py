"""The data dictionary of a form: what each answer is, who is asked, how secret it is and where it goes. Reads no file.

One entry for each question, text and computed value, in the order of the form, then the lists. As a table for people
(Markdown) or a workbook; both hold the same.
Conditions are put into words for a person; what cannot be is shown as it is written, never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from gettext import gettext as _
from gettext import ngettext

from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, parse
from xlsform.model import SEALED, Form, Kind, Question, Resolved, Row, resolve


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
    lines = [f"# {form.title}", "", head, ""]
    lines += _table(_headers(form), [_cells(form, entry) for entry in found])
    lists = _("Lists")
    lines += ["", f"## {lists}", ""]
    lines += _table(_choice_headers(form), list(_choices(form)))
    return "\n".join(lines) + "\n"


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
    return write(
        [
            Sheet(_("Questions"), columns, [_cells(form, entry) for entry in entries(form, language)]),
            Sheet(_("Lists"), lists, list(_choices(form))),
        ]
    )


_FLIPPED: Mapping[str, str] = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class Speaker:
    """Puts the conditions of one form into words.

    Attributes:
        form: the form, resolved.
        language: code of the form's language whose labels name the answers.
        name: returns how a question is called in a sentence, given its name in the form: ``question 4``.
    """

    form: Resolved
    language: str
    name: Callable[[str], str]

    def say(self, expression: str) -> str:
        """Return a condition in words; "" for the empty one, which always holds."""
        if not expression.strip():
            return ""
        node = parse(expression).node
        said = self._any(node) if node is not None else None
        return said if said is not None else self._as_written(expression)

    # --- and, or, not ---------------------------------------------------------------------------------------------

    def _any(self, node: Node) -> str | None:
        match node:
            case Binary("and" | "or" as word, left, right):
                return self._both(word, left, right)
            case Call("not", (inner,)):
                return self._denied(inner)
            case Call("selected", (Literal(codes), Ref() as asked)):
                return self._among(asked.name, codes.split(), among=True)
            case Call("selected", (Ref() as asked, Literal(code))):
                return self._holds(asked.name, code, holds=True)
            case Binary(sign, left, right) if sign in _FLIPPED:
                return self._compared(sign, left, right)
        return None

    def _both(self, word: str, left: Node, right: Node) -> str | None:
        sides = [self._side(word, node) for node in (left, right)]
        if None in sides:
            return None
        pattern = _("{left} and {right}") if word == "and" else _("{left} or {right}")
        return pattern.format(left=sides[0], right=sides[1])

    def _side(self, word: str, node: Node) -> str | None:
        said = self._any(node)
        mixed = isinstance(node, Binary) and node.operator in {"and", "or"} and node.operator != word
        return f"({said})" if mixed and said is not None else said

    def _denied(self, inner: Node) -> str | None:
        match inner:
            case Call("selected", (Literal(codes), Ref() as asked)):
                return self._among(asked.name, codes.split(), among=False)
            case Call("selected", (Ref() as asked, Literal(code))):
                return self._holds(asked.name, code, holds=False)
        said = self._any(inner)
        return None if said is None else _("it is not so that {condition}").format(condition=said)

    # --- answers --------------------------------------------------------------------------------------------------

    def _among(self, name: str, codes: list[str], *, among: bool) -> str:
        if len(codes) == 1:
            return self._equals(name, codes[0], same=among)
        pattern = _("{question} is one of: {answers}") if among else _("{question} is none of: {answers}")
        answers = ", ".join(_("“{answer}”").format(answer=self._answer(name, code)) for code in codes)
        return pattern.format(question=self._named(name), answers=answers)

    def _holds(self, name: str, code: str, *, holds: bool) -> str:
        row = self._row(name)
        if row is None or row.base not in {"select_multiple", "select_multiple_from_file"}:
            return self._equals(name, code, same=holds)
        pattern = (
            _("“{answer}” is ticked in {question}") if holds else _("“{answer}” is not ticked in {question}")
        )
        return pattern.format(answer=self._answer(name, code), question=self._named(name))

    def _equals(self, name: str, value: str, *, same: bool) -> str:
        if not value:
            pattern = _("{question} has no answer") if same else _("{question} has an answer")
            return pattern.format(question=self._named(name))
        pattern = _("{question} is “{answer}”") if same else _("{question} is not “{answer}”")
        return pattern.format(question=self._named(name), answer=self._answer(name, value))

    def _answer(self, name: str, code: str) -> str:
        """Return the label of an answer, its code when nothing names it."""
        row = self._row(name)
        for choice in self.form.form.choices.get(row.list_name or "", ()) if row is not None else ():
            if choice.name == code:
                return choice.labels.get(self.language) or next(iter(choice.labels.values()), code)
        return code

    # --- numbers --------------------------------------------------------------------------------------------------

    def _compared(self, sign: str, left: Node, right: Node) -> str | None:
        if isinstance(left, Literal) and not isinstance(right, Literal):
            sign, left, right = _FLIPPED[sign], right, left
        match left, right:
            case Ref() as asked, Literal() as value:
                return self._answered(asked.name, sign, value)
            case Call("count-selected", (Ref() as asked,)), Literal() as value:
                return self._counted(asked.name, sign, value)
            case Call("sum" | "max" | "count", (Ref() as asked,)), Literal("0") if sign in {">", "!="}:
                return self._in_a_row(asked.name)
        return None

    def _answered(self, name: str, sign: str, value: Literal) -> str | None:
        if (meant := self._computed(name, sign, value)) is not None:
            return meant
        if sign in {"=", "!="}:
            return self._equals(name, value.value, same=sign == "=")
        patterns = {
            ">": _("{question} is more than {number}"),
            "<": _("{question} is less than {number}"),
            ">=": _("{question} is at least {number}"),
            "<=": _("{question} is at most {number}"),
        }
        return patterns[sign].format(question=self._named(name), number=value.value)

    def _counted(self, name: str, sign: str, value: Literal) -> str | None:
        if not value.value.isdigit() or sign not in {">", ">="}:
            return None
        least = int(value.value) + (sign == ">")
        return ngettext(
            "at least {n} answer is ticked in {question}",
            "at least {n} answers are ticked in {question}",
            least,
        ).format(n=least, question=self._named(name))

    # --- values that the form computes ----------------------------------------------------------------------------

    def _computed(self, name: str, sign: str, value: Literal) -> str | None:
        """Return the condition behind a computed value such as ``if(condition, 1, 0)``; None for anything else."""
        row = self._row(name)
        if row is None or row.kind is not Kind.CALCULATE or sign not in {"=", "!="}:
            return None
        match parse(row.cell("calculation")).node:
            case Call("if", (condition, Literal(then), Literal(other))) if value.value in {then, other}:
                holds = (value.value == then) == (sign == "=")
                return self._any(condition) if holds else self._denied(condition)
        return None

    def _in_a_row(self, name: str) -> str | None:
        row = self._row(name)
        if row is None or row.kind is not Kind.CALCULATE:
            return None
        said = self._computed(name, "=", Literal("1", number=True))
        return None if said is None else _("at least once, {condition}").format(condition=said)

    # --- names ----------------------------------------------------------------------------------------------------

    def _row(self, name: str) -> Row | None:
        return self._rows.get(name)

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        return {row.name: row for row in self.form.form.survey if row.name}

    def _named(self, name: str) -> str:
        row = self._row(name)
        if row is not None and row.kind is Kind.CALCULATE:
            return _("the computed value {name}").format(name=name)
        return self.name(name)

    def _as_written(self, expression: str) -> str:
        return _("the form finds that {expression}").format(expression=" ".join(expression.split()))
