"""Rules on what people are offered: choices that never come up, that hide in no list, or that contradict the others beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from xlsform.expressions.formulas import YES, select_values
from xlsform.expressions.xpath import parse
from xlsform.findings.problems import Finding, Spot, at_question
from xlsform.model import Choice, Kind, Question, Resolved
from xlsform.reasoning.atoms import Atom, here_of
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.reading import Reading
from xlsform.reasoning.worlds import YES as SO
from xlsform.reasoning.worlds import World, numbers, where
from xlsform.rules.lists import parent_of

_ALONE: Final = re.compile(
    r"none|nothing|aucune?|rien|neant|none_of_(?:these|them|the_above)|aucune?_(?:de_ces|des).*",
    re.IGNORECASE,
)
_ALONE_LABEL: Final = re.compile(
    r"(?:none|nothing|aucune?|rien)\b(?: (?:of|de|des)\b.*)?[ .]*", re.IGNORECASE
)
"""Names and labels of an answer that leaves no other beside it."""


def check_offered(facts: Facts) -> Iterator[Finding]:
    """Yield choices without a list, choices that no filter lets through, and answers that exclude all others and need not."""
    form = facts.form
    for choice in form.form.choices.get("", ()):
        if choice.name:
            yield Spot(form.form, choice.place, choice.name, "list_name").finding(
                "CHOICE-NOLIST", name=choice.name
            )
    yield from _unreachable(form)
    for question in form.questions:
        alone = _alone(form, question)
        if alone is not None:
            yield from _beside_others(facts, question, alone)
            yield from _shuffled(form, question, alone)


# --- filters that let a choice never through ----------------------------------------------------------------------


def _unreachable(form: Resolved) -> Iterator[Finding]:
    """Yield the choices whose place in a filter is no answer to the question above, in every question that has their list."""
    users = Counter(question.list for question in form.questions if question.list)
    for question in form.questions:
        choices = form.form.choices.get(question.list or "", ())
        pair = parent_of(parse(question.row.cell("choice_filter")).node) if choices else None
        parent = form.question(pair[1]) if pair is not None else None
        values = (
            select_values(form.form, parent) if parent is not None and parent.type == "select_one" else None
        )
        if pair is None or parent is None or values is None or users[question.list or ""] > 1:
            continue
        must = parent.row.cell("required").strip() in YES
        there = {choice.cells.get(pair[0], "") for choice in choices}
        lost = [one for one in choices if (at := one.cells.get(pair[0], "")) not in values and (at or must)]
        if lost and there & {*values}:
            first = lost[0]
            spot = Spot(form.form, first.place, f"{question.list}/{first.name}", pair[0])
            words = {
                "name": first.name,
                "list": question.list or "",
                "value": first.cells.get(pair[0]) or "-",
            }
            yield spot.finding("CHOICE-UNREACHED", **words, parent=parent.name, count=str(len(lost)))


# --- answers that exclude all others ------------------------------------------------------------------------------


def _alone(form: Resolved, question: Question) -> Choice | None:
    """Return the choice of a question with several answers that means that there is none."""
    if question.type not in {"select_multiple", "select_one"} or question.kind is not Kind.QUESTION:
        return None
    return next((one for one in form.form.choices.get(question.list or "", ()) if _means_none(one)), None)


def _means_none(choice: Choice) -> bool:
    labels = choice.labels.values()
    by_label = bool(labels) and all(_ALONE_LABEL.fullmatch(label.strip()) for label in labels)
    return _ALONE.fullmatch(choice.name) is not None or by_label


def _beside_others(facts: Facts, question: Question, alone: Choice) -> Iterator[Finding]:
    """Yield an answer such as "none" that can be chosen beside others, or that is refused when it stands alone."""
    values = facts.values(question)
    if question.type != "select_multiple" or values is None or len(values) < 2:
        return
    spot = at_question(facts.form.form, question, "constraint")
    near = f"not(selected(., '{alone.name}') and count-selected(.) > 1)"
    formula = facts.constraint(question)
    if formula is None or formula.parsed.node is None:
        if not question.row.cell("constraint"):
            yield spot.finding("NONE-BESIDE", value=alone.name, list=question.list or "", near=near)
        return
    is_named = alone.name in formula.text
    reading = Reading(facts, ())
    mark, many = Atom("has", question.name, alone.name), Atom("many", question.name)
    chosen: World = {**reading.start(question), mark: SO}
    one, more = (
        where(
            chosen, many, numbers(chosen, many, reading.atoms.initial(many)).where(sign, number, holds=True)
        )
        for sign, number in (("=", 1), (">", 1))
    )
    here = here_of(formula)
    if one is not None and reading.again().assume(one, formula.parsed.node, here) is None:
        yield spot.finding("NONE-REFUSED", value=alone.name, list=question.list or "", near=near)
    elif (
        not is_named
        and more is not None
        and reading.again().assume(more, formula.parsed.node, here) is not None
    ):
        yield spot.finding("NONE-BESIDE", value=alone.name, list=question.list or "", near=near)


def _shuffled(form: Resolved, question: Question, alone: Choice) -> Iterator[Finding]:
    if re.search(r"randomize\s*=\s*true", question.row.cell("parameters")):
        spot = at_question(form.form, question, "parameters")
        yield spot.finding("NONE-SHUFFLED", value=alone.name, list=question.list or "")
