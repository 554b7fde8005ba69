"""Rules on how expressions are written: French and spreadsheet words, functions and references that do not exist.

What phones would refuse in English, or take for the name of a question in silence, is said here in plain words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from xlsform.findings.problems import Finding
from xlsform.model import Resolved
from xlsform.nearest import nearest
from xlsform.rules.formulas import Formula, formulas
from xlsform.rules.xpath import Binary, Call, Filtered, Literal, Node, Path, Token, Word, tokens

__all__ = ["FUNCTIONS", "check", "foreign_word"]

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


def check(form: Resolved) -> Iterator[Finding]:
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
        near = nearest(name, sorted(known))
        yield one.finding("REF-UNKNOWN", name=name, near=near)


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
