"""Rules on safety: consent first, a way out of every hard question, nothing that gives away who collects or who spoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xlsform.findings.problems import Finding, Level, Spot, at_question, at_setting
from xlsform.model import Form, Kind, Place, Question, Resolved
from xlsform.rules import keys
from xlsform.rules.conditions import last_saved, references

EXITS = frozenset({"unknown", "prefer_not"})
CONSENT_EXITS = frozenset({"no", "none", "refused"})
PLACES = frozenset({"region", "department", "arrondissement"})

_IDENTIFYING = frozenset(
    {"deviceid", "imei", "subscriberid", "simserial", "phonenumber", "email", "username"}
)
_POSITIONS = frozenset({"start-geopoint", "background-geopoint"})
_GEO = frozenset({"geopoint", "geotrace", "geoshape"})
_TRACKING = ("location-", "identify-user", "track-changes")
_NOT_REQUIRED = frozenset({"", "no", "false", "false()"})


def check(form: Resolved) -> Iterator[Finding]:
    """Yield what could harm the person who speaks or the person who collects."""
    for question in form.questions:
        yield from _metadata(form.form, question)
        yield from _no_exit(form.form, question)
        yield from _written(form.form, question)
        yield from _pictures(form.form, question)
        yield from _last_saved(form, question)
    yield from _shown_names(form)
    yield from _settings(form.form)


def is_required(question: Question) -> bool:
    """Say whether the question must be answered, at least sometimes."""
    return question.row.cell("required").strip().lower() not in _NOT_REQUIRED


def _metadata(form: Form, question: Question) -> Iterator[Finding]:
    base, parameters = question.type, question.row.cell("parameters")
    if base in _IDENTIFYING:
        softer = Level.WARN if base == "username" else None
        yield replace(at_question(form, question, "type").finding("META-ID", type=base), softer=softer)
    if base in _POSITIONS:
        yield at_question(form, question, "type").finding("GEO-AUTO", type=base)
    if base in _GEO and is_required(question):
        yield at_question(form, question, "required").finding("GEO-REQUIRED")
    if base == "background-audio":
        yield at_question(form, question, "type").finding("RECORD-ALWAYS")
    if base == "audit" and any(word in parameters for word in _TRACKING):
        yield at_question(form, question, "parameters").finding("AUDIT-TRACK", parameters=parameters)


def _no_exit(form: Form, question: Question) -> Iterator[Finding]:
    if question.list is None or question.level < 2 or not is_required(question):
        return
    if question.field in PLACES or question.list in PLACES:
        return  # a place of the list is vague enough, and some place there was
    exits = EXITS | (CONSENT_EXITS if question.entity == "consent" else frozenset())
    if not any(choice.name in exits for choice in form.choices.get(question.list, ())):
        yield at_question(form, question, "required").finding("NO-EXIT", list=question.list)


def _written(form: Form, question: Question) -> Iterator[Finding]:
    if question.row.cell("save_to"):
        yield at_question(form, question, "save_to").finding("ENTITY-WRITE")


def _pictures(form: Form, question: Question) -> Iterator[Finding]:
    looks = question.row.cell("appearance").split()
    if question.type == "image" and "signature" in looks:
        yield at_question(form, question, "appearance").finding("SIGNATURE")
    elif question.type == "image" and "max-pixels" not in question.row.cell("parameters"):
        yield at_question(form, question, "parameters").finding("IMG-PIXELS")


def _last_saved(form: Resolved, question: Question) -> Iterator[Finding]:
    for column in ("default", "calculation"):
        for name in sorted(last_saved(question.row.cell(column))):
            other = form.question(name)
            if question.level >= 2 or (other is not None and other.level >= 2):
                yield at_question(form.form, question, column).finding("LAST-SAVED", name=name)


def _shown_names(form: Resolved) -> Iterator[Finding]:
    for setting in ("instance_name", "form_title"):
        for name in sorted(references(form.form.settings.get(setting, ""))):
            question = form.question(name)
            if question is not None and question.level >= 2 and not _may_be_shown(question):
                here = at_setting(form.form, setting)
                yield here.finding("NAME-SENSITIVE", setting=setting, name=name)


def _may_be_shown(question: Question) -> bool:
    return (
        question.type in {"date", "dateTime"} or question.kind is Kind.METADATA or question.list == "region"
    )


def _settings(form: Form) -> Iterator[Finding]:
    if "entities" in form.others:
        yield Spot(form, Place(file=form.file, sheet="entities", row=1)).finding("ENTITY-WRITE")
    if form.settings.get("submission_url"):
        yield at_setting(form, "submission_url").finding("SUBMISSION-URL")
    if form.settings.get("client_editable", "").lower() not in {"", "no", "false"}:
        yield at_setting(form, "client_editable").finding("EDITABLE")
    if (key := form.settings.get("public_key", "")) and (code := keys.fault(key)):
        yield at_setting(form, "public_key").finding(code)
