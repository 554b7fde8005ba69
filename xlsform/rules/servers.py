"""Rules on the server a form is built for: what its converter drops without a word."""

from __future__ import annotations

from collections.abc import Iterator

from xlsform.model import Resolved
from xlsform.problems import Finding, at_question, at_setting
from xlsform.rules.conditions import references


def check(form: Resolved) -> Iterator[Finding]:
    """Yield what KoboToolbox's converter (pyxform 3.0.0) drops in silence."""
    if form.form.settings.get("client_editable"):
        yield at_setting(form.form, "client_editable").finding("TARGET-KOBO", name="client_editable")
    for question in form.questions:
        if len(references(question.row.cell("trigger"))) > 1:
            yield at_question(form.form, question, "trigger").finding("TARGET-KOBO", name="trigger")
