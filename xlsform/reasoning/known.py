"""What is possible where each row of a form is shown, worked out when it is first asked for. Runs nothing."""

from __future__ import annotations

from xlsform.expressions.formulas import Formula
from xlsform.model import Question
from xlsform.reasoning.domains import Said
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.reading import Reading
from xlsform.reasoning.worlds import World


class KnownRows:
    """What is possible where each row of a form is shown, worked out when it is first asked for."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._worlds: dict[tuple[str, ...], World | None] = {(): {}}
        self._compared: dict[tuple[str, Said], World | None] = {}

    def shown(self, path: tuple[str, ...]) -> World | None:
        """Return the world of a row that is shown; nothing is known of one that is just being worked out."""
        if path not in self._worlds:
            self._worlds[path] = {}
            around, formula = self.shown(path[:-1]), self.facts.formula(path, "relevant")
            if around is not None and formula is not None:
                around = Reading(self.facts, known=self).both(around, [formula])
            self._worlds[path] = around
        return self._worlds[path]

    def calculated(self, question: Question, formula: Formula, said: Said) -> World | None:
        """Return the world in which a calculated value compares so; nothing is known of one that hangs on itself."""
        key = (question.name, said)
        if key not in self._compared:
            self._compared[key] = {}
            self._compared[key] = Reading(self.facts, known=self).calculated({}, question, formula, said)
        return self._compared[key]
