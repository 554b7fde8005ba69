"""Is the gate looser? Compares, for each question, the answers to the question of consent after which it can be asked.

A condition that cannot be read counts as always true in both versions: it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from xlsform.compare.change import Change, change
from xlsform.compare.pairing import Pairs, Version
from xlsform.compare.shape import Path
from xlsform.model import Kind, Question, Resolved
from xlsform.rules.conditions import alternatives, conjuncts, limit
from xlsform.rules.gate import gate_of

__all__ = ["Gate", "consent"]

_UNANSWERED = ""
_NEVER = "false()"
_Answers = frozenset[str]


class Gate:
    """The question of consent of one version, and what its answers open."""

    def __init__(self, form: Resolved, question: Question) -> None:
        self.form = form
        self.question = question
        names = (choice.name for choice in form.form.choices.get(question.list or "", ()))
        self.every: _Answers = frozenset({*names, _UNANSWERED})

    def opens(self, question: Question, seen: _Answers = frozenset()) -> _Answers:
        """Return the answers after which a question can be asked; all of them when nothing holds it back."""
        texts = (text for text in (*question.relevances, question.relevance) if text)
        return self._all(self._of(text, seen | {question.name}) for text in texts)

    def _all(self, several: Iterator[_Answers]) -> _Answers:
        return reduce(frozenset.intersection, several, self.every)

    def _of(self, expression: str, seen: _Answers) -> _Answers:
        sides = alternatives(expression)
        if len(sides) > 1:
            return frozenset().union(*(self._of(side, seen) for side in sides))
        parts = conjuncts(sides[0])
        if len(parts) > 1:
            return self._all(self._of(part, seen) for part in parts)
        return frozenset() if parts[0] == _NEVER else self._one(parts[0], seen)

    def _one(self, comparison: str, seen: _Answers) -> _Answers:
        said = limit(comparison)
        if said is None:
            return self.every
        if said.question == self.question.name:
            return self.every - said.values if said.without else self.every & said.values
        other = self.form.question(said.question)
        answered = _UNANSWERED in said.values if said.without else _UNANSWERED not in said.values
        return (
            self.opens(other, seen)
            if answered and other is not None and other.name not in seen
            else self.every
        )


def consent(old: Version, new: Version, pairs: Pairs) -> Iterator[Change]:
    """Yield each part of the form that can be asked after an answer that did not open it before."""
    asked, ask = gate_of(old.resolved), gate_of(new.resolved)
    if asked is None:
        return
    if ask is None:
        yield change("CONSENT-LOOSER/gone", asked.path)
        return
    looser: dict[tuple[str, _Answers], list[Path]] = {}
    for path, answers in _opened(old, new, pairs, (Gate(old.resolved, asked), Gate(new.resolved, ask))):
        looser.setdefault((path[0], answers), []).append(path)
    for (_, answers), paths in looser.items():
        words = ", ".join(sorted(answer or "-" for answer in answers))
        yield change("CONSENT-LOOSER", _common(paths), gate="/".join(ask.path), answers=words)


def _opened(
    old: Version, new: Version, pairs: Pairs, gates: tuple[Gate, Gate]
) -> Iterator[tuple[Path, _Answers]]:
    """Yield the path of each question about people with the answers that open it now and did not before."""
    back = {there: here for here, there in pairs.paths.items()}
    before = {
        path: gates[0].opens(question)
        for path, question in old.questions.items()
        if question.kind is Kind.QUESTION and path != gates[0].question.path
    }
    guarded = [
        before[path] for path in before if old.questions[path].level and _UNANSWERED not in before[path]
    ]
    most: _Answers = frozenset().union(*guarded) if guarded else gates[0].every
    for path, question in new.questions.items():
        known = old.questions.get(back.get(path, ()))
        level = max(question.level, known.level if known else 0)
        if question.kind is not Kind.QUESTION or not level or path == gates[1].question.path:
            continue
        allowed = before.get(known.path, most) if known else most
        more = gates[1].opens(question) - allowed
        if more and _UNANSWERED not in allowed:
            yield (known.path if known else path), more


def _common(paths: list[Path]) -> Path:
    """Return the path of what encloses them all; the path itself when there is one."""
    first, last = min(paths), max(paths)
    length = next(
        (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
    return first[:length]
