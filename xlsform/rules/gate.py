"""The rule of the gate: nothing about a person can be asked before the person, or who speaks for them, agreed.

It follows the conditions of a question and of the groups around it upwards. A condition counts only when it can be
true for no other reason than the agreement: "not no" does not, because an unanswered question is not a no either.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlsform.model import Kind, Question, Resolved
from xlsform.problems import Finding, at_question
from xlsform.rules.conditions import limit, requires

GATES = frozenset({("alert", "consent_state"), ("interview", "consent_case")})
"""Register fields that hold the agreement itself."""

WITHOUT_GATE = frozenset(
    {
        *("followup", "intervention", "legal_event", "shelter", "support", "closure", "goal"),
        *("situation", "situation_event", "service_status", "submission"),
    }
)
"""Entities of work on a case whose consent is recorded, and of counts without a person: their forms need no gate."""

CLOSED = frozenset({"no", "refused", "none", ""})
"""Answers that are no agreement."""


def check(form: Resolved) -> Iterator[Finding]:
    """Yield each question of level 1 or more that can be asked without the agreement."""
    asked = [question for question in form.questions if _needs_agreement(question)]
    if all(question.entity in WITHOUT_GATE for question in asked):
        return
    gate = gate_of(form)
    if gate is None:
        yield at_question(form.form, asked[0], "relevant").finding("NO-GATE")
        return
    for question in asked:
        if question.path != gate.path and not _behind(form, question, gate, frozenset()):
            yield _finding(form, question, gate)


def gate_of(form: Resolved) -> Question | None:
    """Return the question that holds the agreement: by its register field, else the first select called consent…."""
    for question in form.questions:
        if (question.entity, question.field) in GATES:
            return question
    named = (question for question in form.questions if question.list and question.name.startswith("consent"))
    return next(named, None)


def _needs_agreement(question: Question) -> bool:
    return question.level >= 1 and question.kind is Kind.QUESTION


def _behind(form: Resolved, question: Question, gate: Question, seen: frozenset[str]) -> bool:
    """Say whether some condition on the way to the question holds only after the agreement."""

    def opens(comparison: str) -> bool:
        said = limit(comparison)
        if said is None or said.without or said.values & CLOSED:
            return False
        if said.question == gate.name:
            return True
        other = form.question(said.question)
        return (
            other is not None
            and other.name not in seen
            and _behind(form, other, gate, seen | {question.name})
        )

    return any(requires(text, opens) for text in (*question.relevances, question.relevance) if text)


def _finding(form: Resolved, question: Question, gate: Question) -> Finding:
    codes = [
        choice.name for choice in form.form.choices.get(gate.list or "", ()) if choice.name not in CLOSED
    ]
    one = len(codes) == 1
    example = (
        f"${{{gate.name}}} = '{codes[0]}'" if one else f"selected('{' '.join(codes)}', ${{{gate.name}}})"
    )
    words = {"gate": gate.name, "sensitivity": str(question.level), "example": example}
    return at_question(form.form, question, "relevant").finding("CONSENT-GATE", **words)
