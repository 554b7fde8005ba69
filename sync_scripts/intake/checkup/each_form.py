"""What is asked of one form after the other: a form at which the server fails hides nothing of the others. Asks only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.servers.one_address import Addresses

__all__ = ["EachForm"]

_T = TypeVar("_T")
_Other = TypeVar("_Other")


@dataclass(slots=True)
class EachForm:
    """One kind of question, asked of each form.

    Attributes:
        alive: asks the server for something else, and raises when it does not answer that either.
        unanswered: by form, why it gave no answer; the first reason stays.
    """

    alive: Callable[[], object]
    unanswered: dict[str, DikaloError]
    _addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        """Begin without a failure."""
        self._addresses = Addresses(self.alive)

    def ask(self, form: str, asking: Callable[[], _T], otherwise: _Other) -> _T | _Other:
        """Return what is asked of a form; ``otherwise`` where the server fails at this form alone.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        try:
            with self._addresses.asking():
                found = asking()
        except (NotAllowed, Unreachable) as failure:
            self._addresses.aside(failure)
            self.unanswered.setdefault(form, failure)
            return otherwise
        self._addresses.answered()
        return found
