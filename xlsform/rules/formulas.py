"""Every expression of a form with its cell, and the rules on how it is written: French and spreadsheet words, what does not exist.

What phones would refuse in English, or take for the name of a question in silence, is said here in plain words. Runs nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from xlsform import columns
from xlsform.errors import nearest
from xlsform.findings.problems import Finding, Spot, at_setting
from xlsform.model import Form, Question, Resolved, Row, Section
from xlsform.rules.xpath import (
    Binary,
    Call,
    Filtered,
    Literal,
    Node,
    Parsed,
    Path,
    Token,
    Word,
    parse,
    tokens,
    walk,
)

__all__ = [
    "EXPRESSIONS",
    "FUNCTIONS",
    "NO",
    "YES",
    "Formula",
    "as_converted",
    "check_spelling",
    "foreign_word",
    "formulas",
    "is_dynamic",
    "owners",
    "select_values",
]


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

_CONDITIONS = frozenset(("relevant", "constraint", "required", "readonly"))


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
    return not (column in _CONDITIONS and text in YES | NO)


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
    if question.list is None or question.list not in form.choices:
        return None
    names = tuple(choice.name for choice in form.choices[question.list])
    return (*names, "other") if question.row.type.endswith(" or_other") else names


FUNCTIONS = frozenset(
    {
        *("abs", "acos", "area", "asin", "atan", "atan2", "base64-decode", "boolean", "boolean-from-string"),
        *("checklist", "coalesce", "concat", "contains", "cos", "count", "count-non-empty"),
        *("count-selected", "current", "date", "date-time", "decimal-date-time", "decimal-time", "depend"),
        *("digest", "distance", "enclosed-area", "ends-with", "exp", "exp10", "extract-signed", "false"),
        *("format-date", "format-date-time", "geofence", "if", "indexed-repeat", "instance", "int"),
        *("intersects", "is-selected", "join", "jr:choice-name", "jr:itext", "log", "log10", "max", "min"),
        *("normalize-space", "not", "now", "number", "once", "pi", "position", "pow", "property"),
        *("pulldata", "random", "randomize", "regex", "round", "search", "selected", "selected-at", "sin"),
        *("sqrt", "starts-with", "string", "string-length", "substr", "substring-after", "substring-before"),
        *("sum", "tan", "today", "translate", "true", "uuid", "version", "weighted-checklist"),
    }
)
"""Functions of the engine, and those that other rules name as banned."""

_FRENCH_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "si": "if",
        "non": "not",
        "et": "and",
        "ou": "or",
        "somme": "sum",
        "compter": "count",
        "nombre": "count",
        "nb": "count",
        "aujourdhui": "today",
        "aujourd'hui": "today",
        "maintenant": "now",
        "arrondi": "round",
        "arrondir": "round",
        "concatener": "concat",
        "choisi": "selected",
        "selectionne": "selected",
        "contient": "contains",
        "vrai": "true",
        "faux": "false",
        "entier": "int",
        "ent": "int",
        "iferror": "coalesce",
        "isblank": "= ''",
        "len": "string-length",
        "nbcar": "string-length",
        "mid": "substr",
        "stxt": "substr",
        "average": "sum",
        "moyenne": "sum",
        "countif": "count",
        "upper": "upper-case",
    }
)
_FRENCH_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "et": "and",
        "ou": "or",
        "non": "not( )",
        "vrai": "true()",
        "faux": "false()",
        "and": "and",
        "or": "or",
        "not": "not( )",
        "mod": "mod",
        "div": "div",
        "true": "true()",
        "false": "false()",
    }
)
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "==": "=",
        "<>": "!=",
        "&&": "and",
        "||": "or",
        ";": ",",
        "«": "'",
        "»": "'",
        "“": "'",
        "”": "'",
        "„": "'",
        "‘": "'",
        "’": "'",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "×": "*",
        "÷": "div",
        "&": "concat( , )",
        "!": "not( )",
        "−": "-",
        "–": "-",
        "`": "'",
    }
)


def check_spelling(form: Resolved) -> Iterator[Finding]:
    """Yield what is no expression, or names what is not there."""
    names = {question.name for question in form.questions} | {section.path[-1] for section in form.sections}
    known = frozenset(name for name in names if name)
    for one in formulas(form):
        found = list(_words(one))
        yield from found
        yield from _bare(one)
        if one.parsed.fault is not None and not found:
            yield one.finding("EXPR-SYNTAX", at=one.parsed.fault.at or f"…{one.text[-12:]}", value=one.text)
        yield from _functions(one)
        yield from _references(one, known)


def plain(word: str) -> str:
    """Return a word in small letters without accents."""
    return unicodedata.normalize("NFKD", word.replace("’", "'")).encode("ascii", "ignore").decode().lower()


def foreign_word(word: str) -> str:
    """Return the word of XLSForm that a French or spreadsheet word stands for; "" for any other word."""
    return _FRENCH_WORDS.get(plain(word), "")


# --- words and signs ----------------------------------------------------------------------------------------------


def _words(one: Formula) -> Iterator[Finding]:
    """Yield words and signs that stand where an operator or a bracket would be, each spelling once."""
    pieces, seen = tokens(one.text), set[str]()
    for number, piece in enumerate(pieces):
        before, after = pieces[number - 1] if number else None, (*pieces[number + 1 :], None)[0]
        near = _instead(piece, before, after, is_broken=one.parsed.fault is not None)
        if near and piece.text not in seen:
            seen.add(piece.text)
            yield one.finding("EXPR-WORD", word=piece.text, near=near, value=one.text)
    if (comma := _decimal_comma(one, pieces)) is not None:
        yield one.finding("EXPR-WORD", word=comma, near=comma.replace(",", "."), value=one.text)


def _instead(piece: Token, before: Token | None, after: Token | None, *, is_broken: bool) -> str:
    if piece.kind in {"sign", "other"}:
        return _SIGNS.get(piece.text, "")
    if piece.kind != "name" or (before is not None and before.text in {"/", "//", "::"}):
        return ""
    is_call = after is not None and after.text == "("
    if is_call and piece.text not in FUNCTIONS:
        return _FRENCH_FUNCTIONS.get(plain(piece.text), "") or _capitals(piece.text)
    near = "" if is_call else foreign_word(piece.text)
    is_alone = before is None and after is None
    return near if near != piece.text and (is_broken or near.endswith("()")) and not is_alone else ""


_COMPARERS = frozenset(("=", "!=", "<", ">", "<=", ">="))


def _capitals(name: str) -> str:
    return name.lower() if name.lower() in FUNCTIONS else ""


def _decimal_comma(one: Formula, pieces: tuple[Token, ...]) -> str | None:
    """Return ``1,5`` when the comma stops the expression between two numbers that touch it."""
    fault = one.parsed.fault
    if fault is None or fault.at != ",":
        return None
    for left, comma, right in zip(pieces, pieces[1:], pieces[2:], strict=False):
        touching = left.start + len(left.text) == comma.start == right.start - 1
        if comma.start == fault.start and left.kind == right.kind == "number" and touching:
            return f"{left.text},{right.text}"
    return None


def _bare(one: Formula) -> Iterator[Finding]:
    """Yield a condition that is a single word or text: true for nobody, or for everybody."""
    node = one.parsed.node
    if one.column not in {"required", "readonly", "relevant", "constraint"}:
        return
    if isinstance(node, Word) or (isinstance(node, Literal) and not node.number):
        yield one.finding("BOOL-WORD", value=one.text, near=_yes_or_no(one.text))


def _yes_or_no(word: str) -> str:
    return "no" if plain(word).strip("'\"") in {"non", "faux", "n", "f", "0", "no", "false"} else "yes"


# --- functions and references -------------------------------------------------------------------------------------


def _functions(one: Formula) -> Iterator[Finding]:
    seen: set[str] = set()
    for node, _above in one.parts():
        if not isinstance(node, Call) or node.name in FUNCTIONS or node.name in seen:
            continue
        if _FRENCH_FUNCTIONS.get(plain(node.name)) or _capitals(node.name):
            continue  # said as a word
        seen.add(node.name)
        near = next(iter(get_close_matches(node.name.lower(), sorted(FUNCTIONS), n=1)), "-")
        yield one.finding("FUNC-UNKNOWN", name=node.name, near=near)


def _references(one: Formula, known: frozenset[str]) -> Iterator[Finding]:
    # the order of the pieces, so that an expression that cannot be understood has its references looked at too
    seen: set[str] = set()
    for piece in tokens(one.text):
        if piece.kind != "ref":
            continue
        name = piece.text[2:-1].strip().removeprefix("last-saved#").strip()
        if name in known or name in seen:
            continue
        seen.add(name)
        near = nearest(name, sorted(known - {*columns.STAMPS}))
        yield one.finding("REF-UNKNOWN", name=name, near="-" if ", " in near else near)


def compared_words(one: Formula) -> Iterator[tuple[Word, Binary]]:
    """Yield the bare words that are compared, those in a filter of nodes left out."""
    for node, above in one.parts():
        if isinstance(node, Binary) and node.operator in _COMPARERS and not inside_filter(above):
            for side in (node.left, node.right):
                if isinstance(side, Word):
                    yield side, node


def inside_filter(above: tuple[Node, ...]) -> bool:
    """Say whether square brackets or a path enclose a part: names in there are nodes, not answers."""
    return any(isinstance(one, (Filtered, Path)) for one in above)
