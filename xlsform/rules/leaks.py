"""Rules on answers that leak: into a calculation, a text on the screen, a name or the next form that is less closely kept.

The level of an expression is the highest level of what it reads; below 3, of what its value can be made of, since a plain yes
or no drawn from an answer may be known to more people. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xlsform.expressions.conditions import last_saved, references
from xlsform.expressions.formulas import Formula, formulas, owners
from xlsform.expressions.xpath import Binary, Call, Filtered, Node, Path, Ref, Word, parse, walk
from xlsform.findings.problems import Finding, Spot, at_question, at_setting
from xlsform.model import SEALED, Kind, Question, Resolved

_TAKING: Final = frozenset(("calculation", "default"))
_TEXTS: Final = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_NAMES: Final = ("instance_name", "form_title")
_ONLY_SAY_WHETHER: Final = frozenset(
    {
        *(
            "not",
            "selected",
            "regex",
            "contains",
            "starts-with",
            "ends-with",
            "boolean",
            "boolean-from-string",
        ),
        *("count", "count-selected", "count-non-empty", "string-length"),
    }
)
"""Functions that draw a yes, a no or a number from an answer."""
_CONDITIONS: Final = frozenset(("=", "!=", "<", ">", "<=", ">=", "and", "or"))


def check_leaks(form: Resolved) -> Iterator[Finding]:
    """Yield answers of a high level that stand under a lower one, on the screen, in a name or in the next form."""
    levels = _levels(form)
    for formula in formulas(form):
        if formula.column in _TAKING and isinstance(formula.owner, Question):
            yield from _carried(formula, formula.owner, levels)
    said: set[tuple[str, str, str]] = set()
    for spot, text, level in _texts(form):
        for name in _above(references(text), level, levels):
            cause = (spot.path, spot.column, name)
            if levels[name] >= SEALED and cause not in said:  # once for all languages
                said.add(cause)
                yield spot.finding("SENS-SHOWN", name=name, old=str(levels[name]), new=str(level))
    yield from _names(form)
    for question in form.questions:
        yield from _last_saved(form, question)


def leaking(form: Resolved, expression: str, level: int) -> list[str]:
    """Return the sealed answers that an expression of a lower level reads, by their names."""
    if not expression:
        return []
    levels = _levels(form)
    return [name for name in _above(_read(expression, levels), level, levels) if levels[name] >= SEALED]


def _levels(form: Resolved) -> dict[str, int]:
    """Return the highest level of each name."""
    found: dict[str, int] = {}
    for question in form.questions:
        found[question.name] = max(question.level, found.get(question.name, 0))
    return found


def _above(names: frozenset[str], level: int, levels: dict[str, int]) -> list[str]:
    return sorted(name for name in names if levels.get(name, 0) > level)


def _carried(formula: Formula, owner: Question, levels: dict[str, int]) -> Iterator[Finding]:
    drawn = _drawn(formula.parsed.node)
    for name in _above(_read(formula.text, levels), owner.level, levels):
        if levels[name] >= SEALED or name in drawn:
            yield formula.finding("SENS-CARRIED", name=name, old=str(levels[name]), new=str(owner.level))


def _read(expression: str, levels: dict[str, int]) -> frozenset[str]:
    """Return the questions that an expression reads, by reference or by their path in the form."""
    paths = {_last_step(node) for node, _above in walk(parse(expression).node)} & levels.keys()
    return references(expression) | paths


def _last_step(node: Node) -> str:
    """Return the name at the end of a way through the form, else ""; a list beside it has names of its own."""
    if not isinstance(node, Path) or not node.steps:
        return ""
    if isinstance(node.head, Call) and node.head.name == "instance":
        return ""
    last = node.steps[-1].of if isinstance(node.steps[-1], Filtered) else node.steps[-1]
    return last.name if isinstance(last, Word) else ""


def _drawn(node: Node | None) -> set[str]:
    """Return the names whose answers the value of an expression can be made of."""
    return {
        part.name if isinstance(part, Ref) else _last_step(part)
        for part, above in walk(node)
        if not any(
            _only_says_whether(outer, inner) for outer, inner in zip(above, (*above, part)[1:], strict=True)
        )
    }


def _only_says_whether(outer: Node, inner: Node) -> bool:
    """Say whether of a part of an expression only a yes, a no or a number comes out of what encloses it."""
    match outer:
        case Call("if", (condition, *_)):
            return inner is condition
        case Call(name):
            return name in _ONLY_SAY_WHETHER
        case Binary(operator):
            return operator in _CONDITIONS
        case Filtered(of):
            return inner is not of
        case _:
            return False


# --- on the screen, in names, in the next form --------------------------------------------------------------------


def _texts(form: Resolved) -> Iterator[tuple[Spot, str, int]]:
    """Yield the texts that may show answers, and the level of what they belong to."""
    for owner in owners(form):
        for column in _TEXTS:
            for language, text in owner.row.texts.get(column, {}).items():
                if "${" in text:
                    yield (
                        Spot(form.form, owner.row.place, "/".join(owner.path), column, language),
                        text,
                        owner.level,
                    )
    used = {question.list: question.level for question in sorted(form.questions, key=lambda one: -one.level)}
    for name, choices in form.form.choices.items():
        for choice in choices if name in used else ():
            for language, text in choice.labels.items():
                if "${" in text:
                    spot = Spot(form.form, choice.place, f"{name}/{choice.name}", "label", language)
                    yield spot, text, used[name]


def _names(form: Resolved) -> Iterator[Finding]:
    for setting in _NAMES:
        for name in sorted(references(form.form.settings.get(setting, ""))):
            question = form.question(name)
            if question is not None and question.level >= 2 and not _may_be_shown(question):
                yield at_setting(form.form, setting).finding("NAME-SENSITIVE", setting=setting, name=name)


def _may_be_shown(question: Question) -> bool:
    is_date = question.type in {"date", "dateTime"}
    return is_date or question.kind is Kind.METADATA or question.list == "region"


def _last_saved(form: Resolved, question: Question) -> Iterator[Finding]:
    for column in ("default", "calculation"):
        for name in sorted(last_saved(question.row.cell(column))):
            other = form.question(name)
            if question.level >= 2 or (other is not None and other.level >= 2):
                yield at_question(form.form, question, column).finding("LAST-SAVED", name=name)
