"""Rules on what the person at the phone meets, and on what the converter of a server refuses or drops without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from xlsform import columns
from xlsform.expressions.conditions import references
from xlsform.expressions.formulas import NO, YES, owners
from xlsform.findings.problems import Finding, Severity, Spot, at_question, at_setting
from xlsform.model import Form, Kind, Question, Resolved, Section

_ONE, _SELECTS = ("select_one",), ("select_one", "select_multiple")
_GROUPS = ("begin_group", "begin_repeat")
_DATES, _GEO, _IMAGES = ("date", "dateTime"), ("geopoint", "geotrace", "geoshape"), ("image",)
_LOOKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("multiline textarea", ("text",)),
    ("url masked numbers", ("text", "barcode", "integer", "decimal")),
    ("thousands-sep", ("integer", "decimal", "text")),
    ("counter", ("integer",)),
    ("columns columns-pack compact horizontal horizontal-compact list", (*_SELECTS, *_GROUPS)),
    ("autocomplete image-map label list-nolabel minimal no-buttons", _SELECTS),
    ("likert map quick quickcompact", _ONE),
    ("field-list", _GROUPS),
    ("table-list", ("begin_group",)),
    ("bikram-sambat buddhist coptic ethiopian islamic month-year myanmar no-calendar persian", _DATES),
    ("year", _DATES),
    ("annotate draw new-front new-rear selfie signature", (*_IMAGES, "video")),
    ("maps placement-map", _GEO),
    ("no-ticks picker rating", ("range",)),
    ("vertical", ("range", "integer", "decimal")),
    ("bearing", ("decimal",)),
)
"""Looks and the types that have them: ODK's table of appearances; of selects, those from files too."""
_ELSEWHERE = frozenset(
    (
        *("analog-scale", "comment", "distress", "front", "hidden", "hidden-answer", "my-work", "new"),
        *("no-collapse", "pages", "printer", "randomized", "search"),
    )
)
"""Looks of which it is not said here what has them."""
_TYPES_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {word: types for words, types in _LOOKS for word in words.split()}
)
APPEARANCES = _ELSEWHERE | _TYPES_OF.keys()
"""Looks that Collect or a web form knows."""

_NEAR = 0.75
"""How much a look must be alike to be proposed."""
_NUMBERED = re.compile(r"(?:columns|compact)-\d+|w\d+|quickcompact-\d+")
_FREE = ("ex:", "printer:", "printers:", "intent:", "search(", "oc-", "${", "dial", "kobo-", "ranking")
_NEVER = frozenset(("", "false()")) | NO
_ALWAYS = frozenset(("true()",)) | YES


def check_screens(form: Resolved) -> Iterator[Finding]:
    """Yield screens that cannot be left, default messages in English, looks that nobody knows."""
    for question in form.questions:
        yield from _stuck(form.form, question)
        yield from _messages(form.form, question)
    for owner in owners(form):
        yield from _looks(form.form, owner)


def must_be_answered(question: Question) -> bool:
    """Say whether the question must be answered, at least sometimes."""
    return question.row.cell("required").strip() not in _NEVER


def _stuck(form: Form, question: Question) -> Iterator[Finding]:
    row = question.row
    if not must_be_answered(question):
        return
    is_note = question.kind is Kind.NOTE
    is_closed = row.cell("readonly").strip() in _ALWAYS and not (
        row.cell("calculation") or row.cell("default")
    )
    if is_note or is_closed:
        found = at_question(form, question, "required").finding("NOTE-REQUIRED")
        # behind a condition it is also used on purpose, to stop who contradicted himself
        yield replace(found, here=Severity.MISLEADS) if question.relevance else found


def _messages(form: Form, question: Question) -> Iterator[Finding]:
    if question.kind is not Kind.QUESTION:
        return
    row = question.row
    if row.cell("constraint") and not any(row.texts.get("constraint_message", {}).values()):
        yield at_question(form, question, "constraint").finding("CON-NOMSG")
    if must_be_answered(question) and not any(row.texts.get("required_message", {}).values()):
        yield at_question(form, question, "required").finding("REQ-NOMSG")


def _looks(form: Form, owner: Question | Section) -> Iterator[Finding]:
    text = owner.row.cell("appearance").strip()
    if not text or "(" in text or "${" in text:
        return
    for word in text.split():
        lower = word.lower()
        spot = Spot(form, owner.row.place, "/".join(owner.path), "appearance")
        types = _TYPES_OF.get(lower)
        if types is not None and not _has(owner, types):
            yield spot.finding("APPEARANCE-TYPE", value=word, type=owner.row.type, types=", ".join(types))
        if lower in APPEARANCES or _NUMBERED.fullmatch(lower) or lower.startswith(_FREE):
            continue
        near = next(iter(get_close_matches(lower, sorted(APPEARANCES), n=1)), "-")
        is_near = bool(get_close_matches(lower, [near], cutoff=_NEAR))
        found = spot.finding("APPEARANCE-UNKNOWN", value=word, near=near if is_near else "")
        yield replace(found, here=Severity.STYLE) if near == "-" else found


def _has(owner: Question | Section, types: tuple[str, ...]) -> bool:
    """Say whether a row can have a look; what asks nothing is not looked at."""
    if isinstance(owner, Section):
        return owner.row.base in types
    if owner.kind is not Kind.QUESTION or owner.type not in columns.QUESTION_TYPES:
        return True
    is_select = owner.type in columns.SELECTS and owner.type != "rank"
    several = "select_multiple" if owner.type.startswith("select_multiple") else "select_one"
    return (several if is_select else owner.type) in types


_TICKS = ("tick_interval", "placeholder", "tick_labelset")


def check_servers(form: Resolved) -> Iterator[Finding]:
    """Yield what KoboToolbox's converter (pyxform 3.0.0) refuses, or drops in silence."""
    if form.form.settings.get("client_editable"):
        yield at_setting(form.form, "client_editable").finding("TARGET-KOBO", name="client_editable")
    for question in form.questions:
        if len(references(question.row.cell("trigger"))) > 1:
            yield at_question(form.form, question, "trigger").finding("TARGET-KOBO", name="trigger")
        if name := _too_new_for_kobo(question):
            yield at_question(form.form, question, "parameters").finding("TARGET-KOBO", name=name)


def check_central(form: Resolved) -> Iterator[Finding]:
    """Yield what ODK Central's converter (pyxform 4.4.0) does not know."""
    for question in form.questions:
        if "reference-geometry" in question.row.cell("parameters"):
            yield at_question(form.form, question, "parameters").finding(
                "TARGET-CENTRAL", name="reference-geometry"
            )
        if question.type == "range" and (looks := _newest_looks(question)):
            yield at_question(form.form, question, "appearance").finding("TARGET-CENTRAL", name=looks)


def _too_new_for_kobo(question: Question) -> str:
    parameters = question.row.cell("parameters")
    if question.type == "range":
        return next((name for name in _TICKS if name in parameters), "")
    return "incremental" if question.type in {"geotrace", "geoshape"} and "incremental" in parameters else ""


def _newest_looks(question: Question) -> str:
    looks = {"vertical", "no-ticks"} & {*question.row.cell("appearance").split()}
    ticks = any(name in question.row.cell("parameters") for name in _TICKS)
    return ", ".join(sorted(looks)) if "no-ticks" in looks or ticks else ""
