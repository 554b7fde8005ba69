"""Forms of an ODK Central at which the server fails while it answers for the others: each waits alone, and is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.errors import Attention, DikaloError, NotAllowed, Unreachable
from sync_scripts.servers.one_address import Addresses

__all__ = ["Aside", "FormsAside"]


FormsAside: Final = Attention.declare(
    "DK-N48",
    "On {server} the lists of these forms could not be looked at or not be brought up to date: {forms}. Phones may still "
    "hold there what should have left. No other form waits for that. What the server answered is said after this: settle "
    "it, then run dikalo publish again.",
)


@dataclass(slots=True)
class Aside:
    """What is set aside at one server in one run.

    Attributes:
        server: how the settings call it.
        alive: asks the server for something else, and raises when it does not answer that either.
        forms: at which it failed, in the order in which they were met.
        causes: what it said, the first of each code.
    """

    server: str
    alive: Callable[[], object]
    forms: dict[str, None] = field(default_factory=dict)
    causes: dict[str, DikaloError] = field(default_factory=dict)
    _addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self._addresses = Addresses(self.alive, bounded=False)

    @contextmanager
    def trying(self, form: str = "") -> Iterator[None]:
        """Let a failure of what is done meanwhile be that of this form, or of no form, and go on after it.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        try:
            with self._addresses.asking():
                yield
        except (NotAllowed, Unreachable) as failure:
            self._addresses.aside(failure)
            self.causes.setdefault(failure.code, failure)
            if form:
                self.forms[form] = None
        else:
            self._addresses.answered()

    def failures(self) -> Iterator[DikaloError]:
        """Yield what is to be said of it."""
        if self.forms:
            yield FormsAside(server=self.server, forms=", ".join(self.forms))
        yield from self.causes.values()
