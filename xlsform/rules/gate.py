"""The rule of the gate: nothing about a person can be asked before the person, or who speaks for them, agreed.

It follows the conditions of a question and of the groups around it upwards. A condition counts only when it can be
true for no other reason than the agreement: "not no" does not, because an unanswered question is not a no either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlsform.findings.problems import Finding, at_question
from xlsform.model import Kind, Question, Resolved
from xlsform.rules import core
from xlsform.rules.conditions import limit, requires

GATES = frozenset({("alert", "consent_state"), ("interview", "consent_case")})
"""Register fields that hold the agreement itself."""

CLOSED = frozenset({"no", "refused", "none", ""})
"""Answers that are no agreement."""

FARTHEST = 40
"""Questions between a question and its gate; what is farther away proves nothing."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The question of the agreement, and its answers that are one."""

    question: Question
    opens: frozenset[str]


def check(form: Resolved) -> Iterator[Finding]:
    """Yield each question of level 1 or more that can be asked without the agreement."""
    asked = [question for question in form.questions if _needs_agreement(question)]
    known = core.gates().get(form.form.form_id)
    if not asked or (known is not None and known.question is None):
        return
    gate = _gate(form, known)
    if gate is None:
        yield at_question(form.form, asked[0], "relevant").finding("NO-GATE")
        return
    proofs: dict[str, bool] = {}
    for question in asked:
        if question.path != gate.question.path and not _behind(form, question, gate, frozenset(), proofs):
            yield _finding(question, gate, form)


def _gate(form: Resolved, known: core.Gate | None) -> Gate | None:
    """Return the gate that ``core.yaml`` names for this form, else the one that the form itself has."""
    question = gate_of(form)
    if known is not None:
        wanted = tuple((known.question or "").split("/"))
        question = next((one for one in form.questions if one.path == wanted), None)
    if question is None:
        return None
    codes = {choice.name for choice in form.form.choices.get(question.list or "", ())} - CLOSED
    return Gate(question, known.opens if known is not None else frozenset(codes))


def gate_of(form: Resolved) -> Question | None:
    """Return the question that holds the agreement: by its register field, else the first select called consent…."""
    for question in form.questions:
        if (question.entity, question.field) in GATES:
            return question
    named = (question for question in form.questions if question.list and question.name.startswith("consent"))
    return next(named, None)


def _needs_agreement(question: Question) -> bool:
    return question.level >= 1 and question.kind is Kind.QUESTION


def _behind(
    form: Resolved, question: Question, gate: Gate, seen: frozenset[str], proofs: dict[str, bool]
) -> bool:
    """Say whether some condition on the way to the question holds only after the agreement.

    ``proofs`` keeps what was found for each text, so that a long form is read once.
    """

    def opens(comparison: str) -> bool:
        said = limit(comparison)
        if said is None or said.without or said.values & CLOSED:
            return False
        if said.question == gate.question.name:
            return said.values <= gate.opens
        other = form.question(said.question)
        return (
            other is not None
            and other.name not in seen
            and _behind(form, other, gate, seen | {question.name}, proofs)
        )

    if len(seen) > FARTHEST:
        return False
    for text in filter(None, (*question.relevances, question.relevance)):
        holds = proofs[text] if text in proofs else requires(text, opens)
        if not seen:  # inside, some ways were left out
            proofs[text] = holds
        if holds:
            return True
    return False


def _finding(question: Question, gate: Gate, form: Resolved) -> Finding:
    name = gate.question.name
    codes = [
        choice.name
        for choice in form.form.choices.get(gate.question.list or "", ())
        if choice.name in gate.opens
    ]
    one = len(codes) == 1
    example = f"${{{name}}} = '{codes[0]}'" if one else f"selected('{' '.join(codes)}', ${{{name}}})"
    words = {"gate": name, "sensitivity": str(question.level), "example": example}
    return at_question(form.form, question, "relevant").finding("CONSENT-GATE", **words)
