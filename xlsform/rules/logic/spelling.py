"""Rules on how expressions are written: French and spreadsheet words, what is not there, what lacks its quotes.

What phones would refuse in English, or take for the name of a question in silence, is said here in plain words. Runs nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from types import MappingProxyType

from xlsform import columns
from xlsform.errors import nearest
from xlsform.expressions.formulas import COMPARERS, CONDITIONS, Formula, inside_filter
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.patterns import unquoted
from xlsform.expressions.types import Types
from xlsform.expressions.xpath import Binary, Call, Literal, Path, Ref, Token, Word, tokens
from xlsform.findings.problems import Finding

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
        "average": "sum( ) div count( )",
        "moyenne": "sum( ) div count( )",
        "countif": "count( [ ] )",
        "upper": "translate( , , )",
        "in": "selected('a b', )",
        "year": "format-date( , '%Y')",
        "annee": "format-date( , '%Y')",
        "month": "format-date( , '%n')",
        "mois": "format-date( , '%n')",
        "day": "format-date( , '%e')",
        "jour": "format-date( , '%e')",
        "datedif": "int(( - ) div 365.25)",
        "length": "string-length",
        "left": "substr",
        "concatenate": "concat",
        "iif": "if",
        "ifelse": "if",
        "isempty": "= ''",
        "estvide": "= ''",
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
        "in": "selected('a b', )",
        "between": ">= and <=",
        "entre": ">= and <=",
        "is": "=",
        "like": "contains( , )",
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
        "%": "mod",
        "&": "concat( , )",
        "!": "not( )",
        "−": "-",
        "–": "-",
        "`": "'",
    }
)


def check_spelling(types: Types) -> Iterator[Finding]:
    """Yield what is no expression, or names what is not there."""
    known = (types.form.named.keys() | types.sections.keys()) - {""}
    for one in types.formulas:
        found = [*_words(one), *_slashes(one)]
        yield from found
        yield from _bare(one)
        if one.parsed.fault is not None and not found:
            fault = one.parsed.fault
            name = re.match(r"\$\W*([\w.-]+)", one.text[fault.start :])
            near = f"${{{name[1]}}}" if name is not None else ""
            yield one.finding("EXPR-SYNTAX", at=fault.at or f"…{one.text[-12:]}", value=one.text, near=near)
        yield from _functions(one)
        yield from _references(one, known)
        yield from _strays(one, known)


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
    if piece.text == "%" and before is not None and before.kind == "number":
        is_share = after is None or after.kind == "operator" or after.text in {")", ",", "+", "-"}
        return f"{before.text} div 100" if is_share else "mod"
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


def _slashes(one: Formula) -> Iterator[Finding]:
    """Yield a division that was written with a slash: for phones it is a way through the form, which leads nowhere."""
    for node, _above in one.parts():
        if isinstance(node, Path) and unquoted(node) is None:
            broken = isinstance(node.head, (Literal, Binary)) or any(
                isinstance(step, (Ref, Literal, Binary)) for step in node.steps
            )
            if broken:
                yield one.finding("EXPR-WORD", word="/", near="div", value=one.text)
                return


_NO_ANSWER = frozenset(("null", "none", "vide", "empty", "blank", "nothing"))
_NOTHING = frozenset(("null", "NaN"))
"""Words that some write for an empty answer: as the name of no question they are one."""


def _strays(one: Formula, known: AbstractSet[str]) -> Iterator[Finding]:
    """Yield words that are neither in quotes nor in ``${ }``, and references inside of quotes."""
    seen: set[str] = set()
    for node, above in one.parts():
        around = above[-1] if above else None
        if isinstance(node, Literal) and "${" in node.value and not node.number:
            if isinstance(around, Call) and around.name == "jr:choice-name" and node is around.arguments[-1]:
                continue
            yield one.finding("REF-QUOTED", value=node.value, near=_without_quotes(node.value))
        if (
            not isinstance(node, Word)
            or one.column == "choice_filter"
            or inside_filter(above)
            or node.name in seen
        ):
            continue
        is_compared = isinstance(around, Binary) and around.operator in COMPARERS
        is_whole = around is None and one.column in CONDITIONS
        if not is_compared and not is_whole and not foreign_word(node.name) and node.name not in _NOTHING:
            seen.add(node.name)
            yield one.finding("WORD-BARE", value=node.name, near=meant(node.name, known))


def meant(word: str, known: AbstractSet[str]) -> str:
    """Return what a bare word stands for: a question, a difference of two, no answer, a function, or a text."""
    left, _, right = word.partition("-")
    if word not in known and word.lower() in _NO_ANSWER:
        return "''"
    if word not in known and word in {"today", "now"}:
        return f"{word}()"
    if word in known:
        return f"${{{word}}}"
    if left in known and (right in known or right.isdigit()):
        return f"${{{left}}} - " + (f"${{{right}}}" if right in known else right)
    return f"'{word}'"


_COMPARED = re.compile(r"\s*(\$\{[^}]*\})\s*(!?=|[<>]=?)\s*([^$]+?)\s*")


def _without_quotes(text: str) -> str:
    if compared := _COMPARED.fullmatch(text):
        name, sign, value = compared.groups()
        return f"{name} {sign} " + (value if value.isdigit() else f"'{value}'")
    parts = [part for part in re.split(r"(\$\{[^}]*\})", text) if part]
    shown = ", ".join(part if part.startswith("${") else f"'{part}'" for part in parts)
    return shown if len(parts) == 1 else f"concat({shown})"


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


def _references(one: Formula, known: AbstractSet[str]) -> Iterator[Finding]:
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
