"""What a list holds, declared once: its columns, each with what stands in it, in which words, who may see it, and what gives way where there is little room.

A terminal draws a list from this and from its rows; a program reads the rows themselves. Draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from gettext import gettext
from operator import attrgetter, itemgetter
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.model.places import short
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.ruleset import local

Says = Callable[[Any], object]
"""Gives what is said of a value, or of a row."""


def same(value: object) -> object:
    """Return a value as it is."""
    return value


def one_of(name: str) -> Says:
    """Return what says a code in the words of a list."""
    return lambda code: label(name, code)


def some_of(name: str) -> Says:
    """Return what says several codes, with blanks between, in the words of a list."""
    return lambda codes: labels(name, codes)


def day(instant: str | None) -> str:
    """Return the local day of an instant; empty without one."""
    return local(instant)[:10]


def yes_no(value: object) -> str:
    """Return yes or no."""
    return gettext("yes") if value else gettext("no")


def yes(value: object) -> str:
    """Return yes; nothing otherwise."""
    return gettext("yes") if value else ""


def or_dash(value: object) -> object:
    """Return a value; a dash where there is none."""
    return value or "-"


def count(number: int | None) -> object:
    """Return a number; nothing for none."""
    return number or ""


def not_proved(code: str | None) -> str:
    """Return the code of a worker as a form gave it: nobody proved it."""
    return gettext("{code} (not proved)").format(code=code) if code else ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: of the value in a row; its place where the row is a tuple.
        heading: the message id of what stands above it; "" for nothing.
        says: gives the words for the value.
        whole: ``says`` looks at the whole row.
        c4: a list shows it of a case that is C4, and of what belongs to one.
        note: of what stands in the column, what is said below the list; "" for nothing.
        if_any: it is left out where nothing stands in it.
    """

    name: str | int
    heading: str = ""
    says: Says = same
    whole: bool = False
    c4: bool = False
    note: Callable[[Iterable[Any]], str] | None = None
    if_any: bool = False

    @property
    def headed(self) -> str:
        """What stands above it, in the language that is spoken."""
        return gettext(self.heading) if self.heading else ""

    def values(self, rows: Iterable[Any]) -> list[Any]:
        """Return what the rows hold of it."""
        some = list(rows)
        by_key = bool(some) and isinstance(some[0], Mapping | tuple)
        return list(map(itemgetter(self.name) if by_key else attrgetter(str(self.name)), some))


@dataclass(frozen=True, slots=True)
class Listing:
    """One list.

    Attributes:
        schema: of its document.
        name: under which its rows stand there.
        columns: from the left to the right.
        none: the message id of what is said where there is no row; "" where the headings alone say it.
        narrow: what gives way on a narrow terminal, the first first, with blanks between: ``facts:24`` is cut to so many signs,
            ``facts`` left out.
        uncut: nothing gives way: long cells go on below themselves.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    none: str = ""
    narrow: str = ""
    uncut: bool = False

    @property
    def steps(self) -> list[tuple[str, int]]:
        """What gives way, the first first: the name of a column, and to how many signs; 0: it is left out."""
        steps = (one.partition(":") for one in self.narrow.split())
        return [(name, int(signs or 0)) for name, _colon, signs in steps]

    @property
    def of_c4(self) -> frozenset[str | int]:
        """What it shows of a case that is C4."""
        return frozenset(one.name for one in self.columns if one.c4)


def _regions(regions: Iterable[str | None]) -> str:
    """Return what the letters of the regions in a list stand for."""
    named = {short(one): label("cm_admin:region", one) for one in set(regions) if one}
    return gettext("; ").join(f"{letters} = {named[letters]}" for letters in sorted(named))


def _confidentiality(levels: Iterable[str | None]) -> str:
    """Return what the levels of confidentiality in a list mean, in the words of the forms."""
    told = (f"{one} = {label('confidentiality', one)}" for one in sorted({one for one in levels if one}))
    return gettext("who may see the case; {levels}").format(levels=gettext("; ").join(told))


def _flags(counts: Iterable[int | None]) -> str:
    """Return what the number of flags counts, where there are any."""
    if not any(counts):
        return ""
    return gettext(
        "how many things a rule wants somebody to look at; the page of the alert or case says which"
    )


REGION: Final = partial(Column, "region", N_("region"), short, note=_regions)
DEPARTMENT: Final = Column("department", N_("department"), one_of("cm_admin:department"))
URGENCY: Final = Column("urgency", N_("urgency"), one_of("urgency"), c4=True)
CONFIDENTIALITY: Final = Column("confidentiality", N_("confid."), c4=True, note=_confidentiality)
FLAGS: Final = Column("flags", N_("flags"), count, note=_flags)
"""Columns that several lists have."""
