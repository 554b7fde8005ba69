"""The error root of the form toolchain, and how every error of the product is declared and worded.

An error is a declaration: a family, a code that never changes its meaning, and one English sentence, which is the
message id of the gettext domain ``dikalo``. The words in braces are its fields. They are put together only when a
person reads them; ``str(error)`` never holds a value, so that a log or a traceback cannot carry an answer.

    Worded
    +-- FormError        everything that xlsform raises
    +-- DikaloError      everything that sync_scripts raises (sync_scripts.errors)

    StoreFull: Final = DikaloError.declare("DK-S99", "{file} is full. Nothing was changed. Make room.")
    raise StoreFull(file="register.db")
"""

from __future__ import annotations

import string
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from gettext import gettext
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, cast

Field: TypeAlias = float | Collection[object]
"""What a field may hold: texts, numbers, flags and tuples; never None, which a sentence would show as a word."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a sentence for the catalogues without translating it yet."""
    return message


def _looked_up(table: Mapping[str, str], value: str) -> str:
    return gettext(table[value]) if value in table else value


def in_words(table: Mapping[str, str]) -> Callable[[str], str]:
    """Return how a field is shown whose values have words of their own; a value without words is shown as it is."""
    return partial(_looked_up, table)


@dataclass(frozen=True)
class When:
    """A sentence for a field of one value; ``value`` may also be a test, such as ``bool`` for "there is one"."""

    field: str
    value: Field | Callable[[Any], object]
    message: str

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Return whether this sentence is to be said."""
        value = fields[self.field]
        return bool(self.value(value) if callable(self.value) else value == self.value)


def placeholders(message: str) -> frozenset[str]:
    """Return the names in braces of a sentence."""
    return frozenset(name for _before, name, _spec, _how in string.Formatter().parse(message) if name)


class Worded(Exception):
    """An error with a code that never changes its meaning, and a sentence in French and English.

    A family is a class (its exit code is what differs); everything that is raised is declared below a family.
    """

    code: ClassVar[str] = ""
    message: ClassVar[str] = ""
    """What happened, where, and what to do; names the fields in braces."""
    exit_code: ClassVar[int] = 1
    instead: ClassVar[tuple[When, ...]] = ()
    """Said in place of the message; the first that fits."""
    also: ClassVar[tuple[When, ...]] = ()
    """Said behind it; each that fits."""
    shown: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """Field -> how its value is written for a person: the label of a code list, a word of a table."""
    made: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """Name in braces that is no field -> what makes it from the error."""
    optional: ClassVar[Mapping[str, Field]] = {}
    """Field that need not be given -> its value then."""
    required: ClassVar[frozenset[str]] = frozenset()
    """The fields that must be given: what the sentences name, and what decides between them."""

    @classmethod
    def declare(
        cls,
        code: str,
        message: str,
        /,
        *,
        instead: tuple[When, ...] = (),
        also: tuple[When, ...] = (),
        shown: Mapping[str, Callable[[Any], str]] | None = None,
        made: Mapping[str, Callable[[Any], str]] | None = None,
        **optional: Field,
    ) -> type[Self]:
        """Return the error of this family with a code and a sentence; ``optional`` are fields with a value, or facts of the error."""
        facts = {
            "__module__": sys._getframe(1).f_globals["__name__"],  # noqa: SLF001 - as namedtuple: where it is declared
            "__doc__": message,
            "code": code,
            "message": message,
            "instead": instead,
            "also": (*also, *cls.also),
            "shown": {**cls.shown, **(shown or {})},
            "made": {**cls.made, **(made or {})},
        }
        return cast("type[Self]", type(code, (cls,), facts, **optional))

    def __init_subclass__(cls, **optional: Field) -> None:
        """Work out which fields must be given, and which may."""
        super().__init_subclass__()
        cls.optional = {**cls.optional, **optional}
        for name, value in optional.items():
            setattr(cls, name, value)
        choices = (*cls.instead, *cls.also)
        named = frozenset[str]().union(
            *(placeholders(one) for one in (cls.message, *(one.message for one in choices)))
        )
        cls.required = (named | {one.field for one in choices}) - cls.made.keys() - cls.optional.keys()

    def __init__(self, **fields: Field) -> None:
        lacking, unknown = self.required - fields.keys(), fields.keys() - self.required - self.optional.keys()
        if lacking or unknown:
            told = f"{self.code}: without {sorted(lacking)}, not a field of it: {sorted(unknown)}"
            raise TypeError(told)
        super().__init__()
        vars(self).update(fields)

    if TYPE_CHECKING:

        def __getattr__(self, field: str) -> Any:
            """Return a field; which ones there are, tests/cli/test_errors.py knows."""

    def __repr__(self) -> str:
        """Return the code: tracebacks and logs show this."""
        return f"<{self.code}>"

    def __str__(self) -> str:
        """Return the code alone: values belong to the sentence shown to the person, never to a log."""
        return self.code

    def fields(self) -> dict[str, Any]:
        """Return every field, written as the sentence shows it."""
        given = {**self.optional, **vars(self)}
        written = {name: write(given[name]) for name, write in self.shown.items()}
        return given | written | {name: make(self) for name, make in self.made.items()}

    def sentences(self) -> Iterator[str]:
        """Yield the message ids that this error says: the message or another one in its place, then what may help."""
        given = {**self.optional, **vars(self)}
        yield next((one.message for one in self.instead if one.fits(given)), self.message)
        yield from (one.message for one in self.also if one.fits(given))

    def words(self) -> str:
        """Return what it says, in the language chosen at start."""
        fields = self.fields()
        said = " ".join(gettext(one).format(**fields) for one in self.sentences())
        return said.replace(" \n", "\n")  # a list that begins in a line of its own leaves no blank behind


class FormError(Worded):
    """Something about a form; raised by xlsform only."""


FEW = 5
_SAME = {"oui": "yes", "non": "no", "yes": "oui", "no": "non", "vrai": "yes", "faux": "no"}


def nearest(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """Return the known word that is most like this one; the first few when none is, ``-`` when there are none."""
    lower = {name.lower(): name for name in reversed([*known])}
    plain = word.strip().strip("'\"").lower()
    if plain in lower or _SAME.get(plain) in lower:
        return lower.get(plain) or lower[_SAME[plain]]
    if alike := get_close_matches(plain, list(lower), n=1, cutoff=cutoff):
        return lower[alike[0]]
    few = [*dict.fromkeys(name for name in known if name)]
    return ", ".join(few[:FEW]) + (", …" if len(few) > FEW else "") if few else "-"
