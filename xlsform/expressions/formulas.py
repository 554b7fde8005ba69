"""Every expression of a form with its cell, its row and its parts. Runs nothing, finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlsform.errors import nearest
from xlsform.expressions.xpath import (
    Binary,
    Filtered,
    Node,
    Parsed,
    Path,
    Token,
    Word,
    parse,
    tokens,
    walk,
)
from xlsform.findings.problems import Finding, Spot, at_setting
from xlsform.model import Form, Question, Resolved, Row, Section

EXPRESSIONS = (
    "relevant",
    "constraint",
    "calculation",
    "required",
    "readonly",
    "choice_filter",
    "repeat_count",
    "default",
)
"""Columns whose cells are computed on the phone."""

YES = frozenset(("yes", "Yes", "YES", "true", "True", "TRUE"))
NO = frozenset(("no", "No", "NO", "false", "False", "FALSE"))
"""Words that converters turn into true() and false() where a condition stands."""

CONDITIONS = frozenset(("relevant", "constraint", "required", "readonly"))
"""Columns whose cells are true or not."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One expression: where it stands, what it says, and under which repeat it is computed."""

    spot: Spot
    text: str
    parsed: Parsed
    owner: Question | Section | None
    """The row it belongs to; None for a setting."""
    repeat: tuple[str, ...]
    """Path of the repeat that it is computed in, () for the whole form."""

    @property
    def column(self) -> str:
        """Return the column, or the setting."""
        return self.spot.column

    @property
    def cell(self) -> str:
        """Return its address, its path where there is none."""
        return self.spot.cell or self.spot.path

    @property
    def relevances(self) -> tuple[str, ...]:
        """Return the conditions under which it is computed, outermost first."""
        if self.owner is None:
            return ()
        own = (self.owner.relevance,) if self.owner.relevance and self.column != "relevant" else ()
        return (*self.owner.relevances, *own)

    def parts(self) -> Iterator[tuple[Node, tuple[Node, ...]]]:
        """Yield every part with what encloses it; nothing when the expression cannot be understood."""
        return walk(self.parsed.node)

    def finding(self, code: str, /, **words: str) -> Finding:
        """Return a finding at its cell."""
        return self.spot.finding(code, **words)


def formulas(form: Resolved) -> Iterator[Formula]:
    """Yield the expressions of all rows in sheet order, the one of the instance name last."""
    cleans = form.form.settings.get("clean_text_values", "yes").lower() not in {"no", "false"}
    for owner in owners(form):
        repeat = owner.under if isinstance(owner, Section) else owner.repeat
        for column in EXPRESSIONS:
            text = as_converted(owner.row.cell(column), cleans=cleans)
            if text and _is_expression(owner.row, column, text):
                spot = Spot(form.form, owner.row.place, "/".join(owner.path), column)
                yield Formula(spot, text, parse(text), owner, repeat)
    if name := as_converted(form.form.settings.get("instance_name", ""), cleans=cleans):
        yield Formula(at_setting(form.form, "instance_name"), name, parse(name), None, ())


_CURLY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " "})


def as_converted(text: str, *, cleans: bool = True) -> str:
    """Return an expression with plain quotes and blanks, as converters make them unless the settings forbid it."""
    return text.translate(_CURLY).strip() if cleans else text.strip()


def owners(form: Resolved) -> Iterator[Question | Section]:
    """Yield the rows that can hold expressions: groups and repeats, then questions."""
    yield from form.sections
    yield from form.questions


def _is_expression(row: Row, column: str, text: str) -> bool:
    if column == "default":
        return is_dynamic(text, row.base)
    return not (column in CONDITIONS and text in YES | NO)


def is_dynamic(default: str, kind: str) -> bool:
    """Say whether a default is computed when the question is first met, as converters tell it from a plain value."""
    pieces = tokens(default)
    if kind in _WITH_HYPHENS and any(piece.text == "-" for piece in pieces):
        return False
    return any(
        _computes(piece, after, default) for piece, after in zip(pieces, (*pieces[1:], None), strict=False)
    )


_WITH_HYPHENS = frozenset(("date", "dateTime", "geopoint", "geotrace", "geoshape"))
"""Types whose plain values hold hyphens."""


def _computes(piece: Token, after: Token | None, text: str) -> bool:
    if piece.kind == "name":
        return after is not None and after.text == "(" and after.start == piece.start + len(piece.text)
    if piece.text == "-":  # of a number or a date it is a part
        return not text[piece.start + 1 : piece.start + 2].isdigit()
    return piece.kind == "ref" or piece.text in {"+", "*", "|", "div", "mod"}


def select_values(form: Form, question: Question) -> tuple[str, ...] | None:
    """Return the choices that a select can have; None when they are not written in the form."""
    if question.type == "acknowledge":
        return ("OK",)  # what phones store
    if question.list is None or question.list not in form.choices:
        return None
    names = tuple(choice.name for choice in form.choices[question.list])
    return (*names, "other") if question.row.type.endswith(" or_other") else names


def choice_meant(form: Form, question: Question, said: str, values: tuple[str, ...]) -> str:
    """Return the choice that somebody means who writes its text, or nearly its name."""
    plain = " ".join(said.split()).casefold()
    for choice in form.choices.get(question.list or "", ()):
        if choice.name in values and any(
            " ".join(text.split()).casefold() == plain for text in choice.labels.values()
        ):
            return choice.name
    return nearest(said, values)


def answers(form: Form, question: Question) -> tuple[str, ...] | None:
    """Return the answers that a question can have; None when they are not written in the form, or are computed."""
    row = question.row
    if row.cell("calculation") or is_dynamic(row.cell("default"), question.type):
        return None  # what an earlier visit or another list says may come in
    return select_values(form, question)


COMPARERS = frozenset(("=", "!=", "<", ">", "<=", ">="))
"""Operators that compare."""


def compared_words(one: Formula) -> Iterator[tuple[Word, Binary]]:
    """Yield the bare words that are compared, those in a filter of nodes left out."""
    for node, above in one.parts():
        if isinstance(node, Binary) and node.operator in COMPARERS and not inside_filter(above):
            for side in (node.left, node.right):
                if isinstance(side, Word):
                    yield side, node


def inside_filter(above: tuple[Node, ...]) -> bool:
    """Say whether square brackets or a path enclose a part: names in there are nodes, not answers."""
    return any(isinstance(one, (Filtered, Path)) for one in above)
