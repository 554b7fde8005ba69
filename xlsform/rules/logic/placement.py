"""Rules on where things stand: cells without effect in their row, messages without a condition, positions, ranges, answers filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from xlsform import columns
from xlsform.expressions.formulas import NO, Formula, inside_filter, is_dynamic
from xlsform.expressions.patterns import as_date, is_iso
from xlsform.expressions.types import Type, Types, is_number
from xlsform.expressions.xpath import Call, Literal, Node, Path, Ref, Self, Word, parse, walk, written
from xlsform.findings.problems import Finding, Severity, Spot, at_question
from xlsform.model import Form, Kind, Question, Row, Section


def check_placement(types: Types) -> Iterator[Finding]:
    """Yield what stands where phones do not look, or is no answer there."""
    yield from _idle(types.form.form)
    for one in types.formulas:
        if "position(" in one.text:
            yield from _positions(types, one)
        if one.column == "repeat_count":
            yield from _rows(types, one)
        if one.column == "constraint":
            yield from _of_others(one)
        yield from _result(types, one)
    for question in types.form.questions:
        yield from _messages(types.form.form, question)
        yield from _overwritten(types, question)
        yield from _default(types.form.form, question)
        yield from _range(types.form.form, question)
        yield from _leading_zeros(types.form.form, question)


# --- cells without effect -----------------------------------------------------------------------------------------

_LOGIC = frozenset(
    (
        "relevant",
        "constraint",
        "required",
        "readonly",
        "calculation",
        "choice_filter",
        "repeat_count",
        "default",
    )
)
_IDLE: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.END: _LOGIC,
        Kind.GROUP: _LOGIC - {"relevant", "readonly"},
        Kind.REPEAT: _LOGIC - {"relevant", "readonly", "repeat_count"},
        Kind.NOTE: frozenset(("constraint", "choice_filter", "repeat_count")),
        Kind.CALCULATE: frozenset(("constraint", "choice_filter", "repeat_count")),
        Kind.QUESTION: frozenset(("repeat_count",)),
    }
)
"""What a row does -> columns that have no effect in it (tried in JavaRosa; a converter writes some of them, and nothing reads them)."""


def _idle(form: Form) -> Iterator[Finding]:
    opened: list[Row] = []
    for path, row in form.paths():
        if row.base in columns.BEGIN:
            opened.append(row)
        beside = opened.pop() if row.kind is Kind.END else row
        for column in sorted(_IDLE.get(row.kind, frozenset())):
            text = row.cell(column).strip()
            is_said_above = row.kind is Kind.END and text == beside.cell(column).strip()
            if not text or text in NO or text == "false()" or is_said_above:
                continue
            yield Spot(form, row.place, "/".join(path), column).finding("CELL-IDLE", type=row.type)
        if row.kind is Kind.QUESTION and row.base not in columns.SELECTS and row.cell("choice_filter"):
            yield Spot(form, row.place, "/".join(path), "choice_filter").finding("CELL-IDLE", type=row.type)


_SHOWN_BY: Mapping[str, str] = MappingProxyType(
    {"constraint_message": "constraint", "required_message": "required"}
)
"""A message -> the condition that shows it."""


def _messages(form: Form, question: Question) -> Iterator[Finding]:
    """Yield a message that no condition shows: the condition was lost, or stands in another column."""
    for message, condition in _SHOWN_BY.items():
        text = question.row.cell(condition).strip()
        if question.kind is Kind.QUESTION and message in question.row.texts and (not text or text in NO):
            language = next(iter(question.row.texts[message]), "")
            spot = replace(at_question(form, question, message), language=language)
            yield spot.finding("MESSAGE-IDLE", other=condition)


def _overwritten(types: Types, question: Question) -> Iterator[Finding]:
    """Yield a question that people answer and that is computed anew over their answer."""
    row = question.row
    spot = at_question(types.form.form, question, "calculation")
    is_fixed = "once(" in row.cell("calculation") or row.cell("readonly").strip() not in {"", *NO, "false()"}
    if (
        question.kind is Kind.QUESTION
        and not is_fixed
        and not row.cell("trigger")
        and question.type in _TYPED
    ):
        names = [
            part.name
            for part, _ in walk(parse(row.cell("calculation")).node)
            if isinstance(part, Ref) and not part.last
        ]
        if names and "hidden" not in row.cell("appearance").split():
            yield spot.finding("OVERWRITTEN", names=", ".join(dict.fromkeys(names)))


_TYPED = frozenset(
    ("text", "integer", "decimal", "date", "time", "dateTime", "select_one", "select_multiple")
)


def _of_others(one: Formula) -> Iterator[Finding]:
    """Yield a constraint that looks at other answers and not at its own."""
    owner = one.owner
    if not isinstance(owner, Question) or owner.kind is not Kind.QUESTION:
        return
    parts = [part for part, _above in one.parts()]
    names = [part.name for part in parts if isinstance(part, Ref) and not part.last]
    if names and owner.name not in names and not any(isinstance(part, Self | Path | Word) for part in parts):
        yield one.finding("CON-OTHERS", value=one.text, names=", ".join(dict.fromkeys(names)))


# --- rows of a repeat ---------------------------------------------------------------------------------------------


def _positions(types: Types, one: Formula) -> Iterator[Finding]:
    """Yield a position that is always 1: of what is no row of a repeat, or of all rows at once."""
    owner = one.owner
    if owner is None or isinstance(owner, Section):
        return
    repeats = {section.path for section in types.form.sections if section.repeat}
    for node, above in one.parts():
        if not isinstance(node, Call) or node.name != "position" or inside_filter(above):
            continue
        ups = _ups(node.arguments[0]) if len(node.arguments) == 1 else 0
        if ups is None:
            section = (
                types.sections.get(node.arguments[0].name) if isinstance(node.arguments[0], Ref) else None
            )
            wrong = isinstance(node.arguments[0], Ref) and (section is None or section.repeat)
        else:
            wrong = not ups or owner.path[: len(owner.path) - ups] not in repeats
        if wrong:
            steps = len(owner.path) - len(owner.repeat)
            near = f"position({'/'.join(['..'] * steps)})" if owner.repeat else "indexed-repeat(…)"
            code = "POSITION-ROW" if owner.repeat else "POSITION-OUTSIDE"
            yield one.finding(code, value=written(node), near=near)
            return


def _ups(node: Node) -> int | None:
    """Return how many levels ``../..`` goes up; None for anything else."""
    if node == Path(None, ()):
        return 1
    if (
        isinstance(node, Path)
        and node.head == Path(None, ())
        and all(step == Path(None, ()) for step in node.steps)
    ):
        return 1 + len(node.steps)
    return None


def _rows(types: Types, one: Formula) -> Iterator[Finding]:
    """Yield a number of rows that is none."""
    node = one.parsed.node
    if node is None:
        return
    value = types.of(node, one.owner)
    below = isinstance(node, Literal) and node.number and (float(node.value) < 1 or "." in node.value)
    if (
        below
        or _counts_itself(types, one, node)
        or not value.counts
        or value.type in {Type.DATE, Type.DATETIME, Type.TIME, Type.BOOLEAN, Type.NODES}
    ):
        question = types.asked(node, one)
        is_multiple = question is not None and question.type == "select_multiple"
        near = f"count-selected({written(node)})" if is_multiple else "3"
        yield one.finding("COUNT-ROWS", value=written(node), near=near)


def _counts_itself(types: Types, one: Formula, node: Node) -> bool:
    """Say whether the number of rows hangs on the rows: there are none to begin with, and none come."""
    path = one.owner.path if one.owner is not None else ()
    left, seen = [node], set[str]()
    while left:
        for part, _above in walk(left.pop()):
            if not isinstance(part, Ref) or part.last or part.name in seen:
                continue
            seen.add(part.name)
            question = types.form.question(part.name)
            if part.name == path[-1] or (question is not None and question.path[: len(path)] == path):
                return True
            inner = parse(question.row.cell("calculation")).node if question is not None else None
            left += [inner] if inner is not None else []
    return False


# --- results and answers filled in --------------------------------------------------------------------------------

_ASKED_AS: Mapping[str, frozenset[Type]] = MappingProxyType(
    {
        "integer": frozenset((Type.NUMBER, Type.TEXT, Type.BOOLEAN)),
        "decimal": frozenset((Type.NUMBER, Type.TEXT, Type.BOOLEAN)),
        "range": frozenset((Type.NUMBER, Type.TEXT)),
        "date": frozenset((Type.DATE, Type.DATETIME, Type.TEXT)),
        "dateTime": frozenset((Type.DATE, Type.DATETIME, Type.TEXT)),
    }
)
"""Type of a question -> what may be computed for it; a text only where it is not surely a word."""


def _result(types: Types, one: Formula) -> Iterator[Finding]:
    """Yield what is computed for a question of another type."""
    owner, node = one.owner, one.parsed.node
    if one.column not in {"default", "calculation"} or not isinstance(owner, Question) or node is None:
        return
    allowed = _ASKED_AS.get(owner.type)
    value = types.of(node, owner)
    if allowed is None or value.type is Type.UNKNOWN:
        return
    is_word = value.words and node != Literal("") and owner.type in {"integer", "decimal", "range"}
    if value.type not in allowed or is_word:
        near = f"date({one.text})" if value.type is Type.NUMBER else _EXAMPLES[owner.type]
        yield one.finding("DEFAULT-TYPE", value=one.text, type=owner.type, near=near)


_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "integer": "18",
        "decimal": "1.5",
        "range": "5",
        "date": "2026-11-25",
        "dateTime": "2026-11-25T09:30:00",
        "time": "09:30:00",
        "geopoint": "5.96 10.15 0 0",
    }
)


def _default(form: Form, question: Question) -> Iterator[Finding]:
    """Yield an answer filled in beforehand that the question cannot have."""
    text = question.row.cell("default").strip()
    if not text or question.type not in _EXAMPLES or is_dynamic(text, question.type) or text.startswith("${"):
        return
    if not _is_answer(text, question.type):
        near = _MOMENTS.get(text.lower().replace("’", "'")) or (
            as_date(text)[6:-2]
            if question.type == "date" and as_date(text) != as_date("")
            else _EXAMPLES[question.type]
        )
        yield at_question(form, question, "default").finding(
            "DEFAULT-TYPE", value=text, type=question.type, near=near
        )


_MOMENTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("today", "aujourd'hui", "date du jour", "today's date"), "today()"),
        **dict.fromkeys(("now", "maintenant"), "now()"),
    }
)


def _is_answer(text: str, kind: str) -> bool:
    match kind:
        case "integer":
            return re.fullmatch(r"[+-]?\d+", text) is not None
        case "decimal" | "range":
            return is_number(text) and "," not in text
        case "date" | "dateTime":
            return is_iso(text[:10])  # what a cell of Excel adds to a day is said of the cell
        case "time":
            return re.fullmatch(r"\d{1,2}:\d{2}(:\d{2}.*)?", text) is not None
        case _:
            return all(is_number(part) for part in text.split()) and 2 <= len(text.split()) <= 4


def _range(form: Form, question: Question) -> Iterator[Finding]:
    """Yield a range whose steps do not come out, at which Collect shows nothing to choose, or that runs backwards."""
    if question.type != "range":
        return
    said = dict(re.findall(r"(start|end|step)\s*=\s*([^\s;,]+)", question.row.cell("parameters")))
    try:
        start, end, step = (
            Decimal(said.get(name, known)) for name, known in (("start", "1"), ("end", "10"), ("step", "1"))
        )
    except InvalidOperation:
        return  # the converter refuses it
    if start >= end or not step or (end - start) % step:
        least, most = min(start, end), max(start, end)
        by = step if step and least != most and not (most - least) % step else 1
        near = f"start={least} end={most if most > least else least + 1} step={by}"
        found = at_question(form, question, "parameters").finding(
            "RANGE-STEPS", value=question.row.cell("parameters"), near=near
        )
        only_turned = start > end and step and not (end - start) % step
        yield replace(found, here=Severity.MISLEADS) if only_turned else found


_WHOSE = r"num|number|no|numero|contact|resp|respondent|chef|famille|parent|mother|father|mere|pere|alt|other|autre|\d+"
_PHONE = re.compile(
    rf"(?:(?:{_WHOSE})_)*(?:tel|telephone|phone|whatsapp|msisdn)(?:_?(?:{_WHOSE}))*", re.IGNORECASE
)
"""Names of questions about a number of a telephone, and of nothing else about telephones."""
_CARD = re.compile(
    r"(?:(?:num|number|no|numero)_)*(?:cni|nic|nin|passport|passeport|matricule|zip|code_postal|postal_code)",
    re.IGNORECASE,
)
"""Names of questions about a code on a paper."""
_CALLED = re.compile(
    r"(?:(?:(?:votre|le|your|the) )?(?:num[ée]ro|n°|number|no\.?) (?:de |of )?(?:the |votre |your )?)?(?:t[ée]l[ée]phone|phone|mobile|whatsapp)"
    r"(?: number)?(?: (?:du|de|of|for) .*)?[ ?:.]*",
    re.IGNORECASE,
)
"""Labels of such a question, whatever it is named."""
_SHORT = 4
"""Digits of a year, which begins with none of the zeros that a whole number loses."""


def _leading_zeros(form: Form, question: Question) -> Iterator[Finding]:
    """Yield a number that is a code: a telephone number, or what is measured by its digits."""
    if question.type not in {"integer", "decimal"}:
        return
    is_named = any(pattern.fullmatch(question.name) for pattern in (_PHONE, _CARD))
    is_phone = is_named or any(_CALLED.fullmatch(label.strip()) for label in question.labels.values())
    digits = re.search(r"string-length\(\.\)=(\d+)", question.row.cell("constraint").replace(" ", ""))
    by_digits = digits is not None and int(digits[1]) > _SHORT
    if is_phone or by_digits:
        yield at_question(form, question, "type").finding("ZEROS-LOST")
