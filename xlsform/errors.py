"""The error root of the form toolchain, and how every error of the product is worded.

An error is a class with typed fields and a stable code. Its words are one English sentence, kept as the message id
of the gettext domain ``dikalo``, and are put together only when a person reads them. ``str(error)`` never holds a
value, so that a log or a traceback cannot carry an answer.

    Worded
    +-- FormError        everything that xlsform raises
    +-- DikaloError      everything that sync_scripts raises (sync_scripts.errors)
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import Any, ClassVar


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a sentence for the catalogues without translating it yet."""
    return message


@dataclass(eq=False, kw_only=True)
class Worded(Exception):
    """An error with a code that never changes its meaning, and a sentence in French and English.

    Subclasses are dataclasses with keyword-only fields; ``message`` names the fields in braces and says what
    happened, where, and what to do.
    """

    code: ClassVar[str]
    message: ClassVar[str]
    exit_code: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:  # passed on as it came
        """Keep our own ``repr`` in every error: the one that dataclasses write would show the fields."""
        super().__init_subclass__(**kwargs)
        cls.__repr__ = Worded.__repr__  # type: ignore[method-assign] # dataclasses leave alone what a class has

    def __repr__(self) -> str:
        """Return the class and the code: tracebacks and logs show this."""
        return f"{type(self).__name__}({self.code})"

    def __str__(self) -> str:
        """Return the code alone: values belong to the sentence shown to the person, never to a log."""
        return self.code

    def fields(self) -> dict[str, Any]:
        """Return the typed fields, for the sentence and for ``--json``."""
        return dict(vars(self))

    def words(self) -> str:
        """Return the sentence in the language chosen at start."""
        return gettext(self.message).format(**self.fields())


@dataclass(eq=False, kw_only=True)
class FormError(Worded):
    """Something about a form; raised by xlsform only."""

    code: ClassVar[str] = "DK-F00"
