"""Rules on the two columns of ours: each answer has one place in the register, and the secrecy that place asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import combinations

from xlsform import columns, pack
from xlsform.expressions.conditions import Limit, conjuncts, limit, limits
from xlsform.findings.problems import Finding, Spot, at_question
from xlsform.model import Form, Kind, Place, Question, Resolved, Section
from xlsform.workbooks import layout

UID = "once(uuid())"

TRIAGE_READS = frozenset(
    {
        *(
            ("alert", name)
            for name in ("icons", "danger_now", "victim_kind", "victim_count", "special", "when_rel")
        ),
        *(("alert", name) for name in ("hours_since", "held_since", "info_source")),
        *(("assessment", name) for name in ("perp_near", "retaliation_risk", "suicide_risk", "health_now")),
        *(("assessment", name) for name in ("threats_continue",)),
        *(("person", name) for name in ("is_child", "sex", "age_band", "uasc", "pregnant", "disability")),
        *(("person", name) for name in ("current_status", "group_size", "unit")),
        *(("act", "violation"), ("incident", "date"), ("incident", "date_precision")),
        *(("detention", name) for name in ("arrested_at", "released_on", "prosecutor_seen_on")),
        *(("information", "relation"), ("followup", "risk_change")),
    }
)
"""Fields that urgency is computed from; no rule can read a sealed answer."""

_MEDIA = frozenset({"image", "audio", "video", "file"})
_POINTS = frozenset({"geopoint", "geotrace", "geoshape"})
TYPES: Mapping[tuple[str, str], frozenset[str]] = {
    ("submission", "device_start"): frozenset({"start"}),
    ("submission", "device_end"): frozenset({"end"}),
    ("need", "service"): frozenset({"select_multiple"}),
    ("need", "rank"): frozenset({"rank"}),
    ("act_victim", "person_uid"): frozenset({"select_multiple"}),
    ("involvement", "act_uid"): frozenset({"select_multiple"}),
    ("alert", "gps"): _POINTS,
    ("incident", "gps"): _POINTS,
    ("alert", "voice"): frozenset({"audio"}),
    ("alert", "photo"): frozenset({"image"}),
    ("incident", "narrative_audio"): frozenset({"audio"}),
    ("evidence", "file"): _MEDIA,
}
"""Fields whose answers only a question of these types can give."""

_WORDS = frozenset(
    {
        *(
            "nom",
            "noms",
            "prenom",
            "prenoms",
            "surnom",
            "name",
            "firstname",
            "surname",
            "nickname",
            "alias",
            "fullname",
        ),
        *(
            "tel",
            "telephone",
            "phone",
            "mobile",
            "whatsapp",
            "email",
            "mail",
            "adresse",
            "address",
            "cni",
            "passeport",
        ),
        *("contact", "contacts", "coordonnees", "matricule", "naissance", "birth", "pseudonyme", "pseudonym"),
        *("rue", "street", "identite", "identity", "initiales", "initials", "facebook"),
        *("passport", "gps", "village", "quartier", "neighbourhood", "neighborhood", "lieu", "domicile"),
    }
)
_PHRASES = ("carte d'identite", "identity card", "national id", "numero de carte")
_FREE = frozenset({"text", "integer", "decimal", "barcode", "date"})

REVIEWED: Mapping[tuple[str, str], str] = {
    ("situation", "tendency/comment"): "the label says that no identity is to be written there",
}
"""Form and path of questions that sound like an identity and are none, each with the reason that a reviewer gave."""


def check_mapping(form: Resolved) -> Iterator[Finding]:
    """Yield answers that have no place in the register, two places, a wrong one, or too little secrecy."""
    yield from _columns(form.form)
    for section in form.sections:
        yield from _entity(form.form, section)
        yield from _uid(form, section)
    for question in form.questions:
        yield from _field(form, question)
        yield from _secrecy(form.form, question)
    yield from _twice(form)


def _columns(form: Form) -> Iterator[Finding]:
    """Yield the one of our two columns that is gone; a form that has neither is not ours."""
    both = (columns.REGISTER, columns.SENSITIVITY)
    there = {column for sheet, column, _ in form.letters if sheet == columns.SURVEY}
    there |= {column for column in both for row in form.survey if column in row.cells}
    for name, other in (both, both[::-1]):
        if other in there and name not in there:
            free = layout.column_letter(len([key for key in form.letters if key[0] == columns.SURVEY]) + 1)
            spot = Spot(form, Place(file=form.file, sheet=columns.SURVEY, row=1))
            found = spot.finding("COL-MISSING", name=name, other=other)
            yield replace(found, cell=f"{columns.SURVEY}!{free}1")


def _path(question: Question) -> str:
    return "/".join(question.path)


# --- places in the register ---------------------------------------------------------------------------------------


def _entity(form: Form, section: Section) -> Iterator[Finding]:
    entities = {entity for entity, _ in pack.register_fields()}
    if section.entity and section.entity not in entities:
        near = _near(section.entity, sorted(entities))
        here = Spot(form, section.row.place, "/".join(section.path), columns.REGISTER)
        yield here.finding("REGISTER-UNKNOWN", name=section.entity, near=near)


def _field(resolved: Resolved, question: Question) -> Iterator[Finding]:
    form = resolved.form
    if question.field is None:
        if question.kind is Kind.QUESTION and not _opens_a_section(resolved, question):
            yield at_question(form, question, columns.REGISTER).finding("UNMAPPED")
        return
    key = (question.entity or "", question.field)
    known = pack.register_fields().get(key)
    if known is None or known.owner != "collected":
        near = _near(question.field, _collected(question.entity))
        here = at_question(form, question, columns.REGISTER)
        yield here.finding("REGISTER-UNKNOWN", name=".".join(key).strip("."), near=near)
        return
    if question.type not in TYPES.get(key, {question.type}):
        words = {"name": ".".join(key), "type": question.type, "types": ", ".join(sorted(TYPES[key]))}
        yield at_question(form, question, columns.REGISTER).finding("REGISTER-TYPE", **words)
    if question.level < known.level:
        words = {"name": ".".join(key), "sensitivity": str(question.level), "level": str(known.level)}
        yield at_question(form, question, columns.SENSITIVITY).finding("SENS-BELOW", **words)
    if question.level > 2 and key in TRIAGE_READS:
        yield at_question(form, question, columns.SENSITIVITY).finding("RULE-SEALED", name=".".join(key))


def _opens_a_section(form: Resolved, question: Question) -> bool:
    """Say whether a question ``<name>_any`` only asks if there is anything to describe: what it opens says the rest."""
    yes = Limit(question.name, frozenset({"yes"}))
    opened = (one for one in form.sections if one.repeat or question.name == f"{one.path[-1]}_any")
    return any(yes in limits(section.relevance) for section in opened)


def _collected(entity: str | None) -> list[str]:
    fields = pack.register_fields().values()
    return [field.field for field in fields if field.entity == entity and field.owner == "collected"]


def _near(name: str, known: list[str]) -> str:
    return next(iter(get_close_matches(name, known, n=1)), "-")


def _uid(form: Resolved, section: Section) -> Iterator[Finding]:
    if not section.repeat or section.entity is None:
        return
    own = (section.entity, "uid")
    uids = [one for one in form.questions if one.repeat == section.path and (one.entity, one.field) == own]
    if not uids:
        here = Spot(form.form, section.row.place, "/".join(section.path), columns.REGISTER)
        yield here.finding("REPEAT-UID")
    for uid in uids:
        if uid.kind is not Kind.CALCULATE or uid.row.cell("calculation").replace(" ", "") != UID:
            yield at_question(form.form, uid, "calculation").finding("UID-UNSTABLE")


def _twice(form: Resolved) -> Iterator[Finding]:
    by_place: dict[tuple[object, ...], list[Question]] = {}
    for question in form.questions:
        if question.field is not None:
            by_place.setdefault((question.repeat, question.entity, question.field), []).append(question)
    for one, other in (pair for several in by_place.values() for pair in combinations(several, 2)):
        if not _exclude_each_other(one, other):
            name = f"{other.entity}.{other.field}"
            yield at_question(form.form, other, columns.REGISTER).finding(
                "REGISTER-TWICE", other=_path(one), name=name
            )


def _exclude_each_other(one: Question, other: Question) -> bool:
    apart = any(mine.excludes(its) for mine in _limits(one) for its in _limits(other))
    return apart or _only_without(one, other) or _only_without(other, one)


def _only_without(one: Question, other: Question) -> bool:
    """Say whether an answer to one is taken only while the other is empty: its constraint or condition asks for that."""
    empty = Limit(other.name, frozenset({""}))
    texts = (one.row.cell("constraint"), one.row.cell("relevant"))
    return any(limit(part) == empty for text in texts for part in conjuncts(text))


def _limits(question: Question) -> list[Limit]:
    return [one for text in (*question.relevances, question.relevance) for one in limits(text)]


# --- secrecy ------------------------------------------------------------------------------------------------------


_LEVELS = frozenset("0123")


def _secrecy(form: Form, question: Question) -> Iterator[Finding]:
    if not question.classed and question.kind in {Kind.QUESTION, Kind.CALCULATE}:
        yield at_question(form, question, columns.SENSITIVITY).finding("SENS-MISSING")
    said = question.row.cell(columns.SENSITIVITY)
    if said and said not in _LEVELS:
        yield at_question(form, question, columns.SENSITIVITY).finding("SENS-VALUE", value=said)
    if (
        question.level < 3
        and (form.form_id, _path(question)) not in REVIEWED
        and (word := _betrays(question))
    ):
        words = {"word": word, "sensitivity": str(question.level)}
        yield at_question(form, question, columns.SENSITIVITY).finding("SENS-LOW", **words)


def _betrays(question: Question) -> str:
    """Return the word or type that says "identity, place or recording", "" when nothing does."""
    if question.type in _MEDIA | _POINTS:
        return question.type
    if question.type not in _FREE:
        return ""
    texts = [question.name.replace("_", " "), *question.labels.values()]
    plain = [
        unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode().lower()
        for text in texts
    ]
    phrase = next((phrase for phrase in _PHRASES for text in plain if phrase in text), "")
    return phrase or next(
        (word for text in plain for word in re.findall(r"[a-z]+", text) if word in _WORDS), ""
    )
