"""Rules on the server a form is built for: what its converter refuses, or drops without a word."""

from __future__ import annotations

from collections.abc import Iterator

from xlsform.findings.problems import Finding, at_question, at_setting
from xlsform.model import Question, Resolved
from xlsform.rules.conditions import references

_TICKS = ("tick_interval", "placeholder", "tick_labelset")


def check(form: Resolved) -> Iterator[Finding]:
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
