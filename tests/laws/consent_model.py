"""Refusal of consent in one case, said once more and as plainly as can be: may something rest on what a person agreed to?

Written from the rules (0099, 0125) and not from the program; slow, for tests alone. Each form is the talk with one person. A refusal
adds: no later version takes it back, and a record that had read it does. Time is the place among the arrivals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ASKED = ("services", "document", "justice")
WORK = frozenset({"services", "document"})
"""What a refusal of a whole interview refuses by name, for other records of the person, too."""


@dataclass(frozen=True)
class Version:
    """A version of a form: which one, as the phone made them, what is refused in it, and whether the whole interview is."""

    form: str
    number: int
    refuses: frozenset[str]
    whole: bool = False

    @property
    def all(self) -> frozenset[str]:
        """Return what it refuses; "" stands for the whole."""
        return WORK | {""} if self.whole else self.refuses


@dataclass(frozen=True)
class Recorded:
    """A person was asked again about one purpose; whoever wrote it down had read the first ``read`` arrivals."""

    form: str
    purpose: str
    agrees: bool
    read: int


@dataclass(frozen=True)
class Withdrawn:
    """A person took one purpose back."""

    form: str
    purpose: str


@dataclass(frozen=True)
class Same:
    """The people of two forms are one."""

    form: str
    other: str


Arrival = Version | Recorded | Withdrawn | Same


def versions(form: str, arrivals: Sequence[Arrival]) -> list[tuple[int, Version]]:
    """Return the versions of a form, each with its place."""
    return [(n, one) for n, one in enumerate(arrivals) if isinstance(one, Version) and one.form == form]


def forms(arrivals: Sequence[Arrival]) -> list[str]:
    """Return the forms, by their first arrival."""
    return list(dict.fromkeys(one.form for one in arrivals if isinstance(one, Version)))


def shown(form: str, arrivals: Sequence[Arrival]) -> Version | None:
    """Return the version that counts after some arrivals: the last that the phone made."""
    return max((one for _n, one in versions(form, arrivals)), key=lambda one: one.number, default=None)


def counted(form: str, until: int, arrivals: Sequence[Arrival]) -> Version | None:
    """Return the version that counted after some arrivals: the last of all once it was there, before that the last that came."""
    came = [one for _n, one in versions(form, arrivals[:until])]
    last = shown(form, arrivals)
    return last if last in came else came[-1] if came else None


def newly(n: int, arrivals: Sequence[Arrival]) -> frozenset[str]:
    """Return what a version refuses that its form did not refuse just before it arrived."""
    one = arrivals[n]
    assert isinstance(one, Version)
    before, now = said(one.form, n, arrivals), said(one.form, n + 1, arrivals)
    if not silent(one.form, n + 1, arrivals) and silent(one.form, n, arrivals):
        before = frozenset()  # no talk was held before this one
    return (now | one.all) - before if counted(one.form, n + 1, arrivals) is not one else now - before


def said(form: str, until: int, arrivals: Sequence[Arrival]) -> frozenset[str]:
    """Return what a form refuses after some arrivals; a refusal of the whole comes on top of what the talk before it refused."""
    version = counted(form, until, arrivals)
    if version is None or not version.whole:
        return version.refuses if version is not None else frozenset()
    n = max(k for k, _one in versions(form, arrivals[:until]))
    return version.all | said(form, n, arrivals)


def refusals(form: str, purpose: str, arrivals: Sequence[Arrival]) -> Iterator[int]:
    """Yield the places of the refusals of a purpose that stand by a form; not of a whole that was said before any talk, and taken back."""
    for n, _one in versions(form, arrivals):
        taken_back = silent(form, n + 1, arrivals) and not silent(form, len(arrivals), arrivals)
        if purpose in newly(n, arrivals) and not taken_back:
            yield n


def silent(form: str, until: int, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether no talk had been held by a form after some arrivals: each time the whole of it was refused."""
    made = [n for n, _one in versions(form, arrivals[:until])]
    counts = (counted(form, n + 1, arrivals) for n in made)
    return all(one is None or one.whole for one in counts)


def decided(form: str, purpose: str, arrivals: Sequence[Arrival]) -> list[tuple[int, Recorded | Withdrawn]]:
    """Return what was decided on a purpose, each with its place."""
    return [
        (n, one)
        for n, one in enumerate(arrivals)
        if isinstance(one, Recorded | Withdrawn) and (one.form, one.purpose) == (form, purpose)
    ]


def alone(form: str, purpose: str, arrivals: Sequence[Arrival]) -> tuple[str, int | None]:
    """Return what stands of a purpose in one record, and the place of the record on which it rests.

    Given, refused or withdrawn; "gone" where the interview is refused and nobody was asked since.
    """
    mine = sorted({*refusals(form, purpose, arrivals), *refusals(form, "", arrivals)})
    last = shown(form, arrivals)
    assert last is not None
    state, rests = "refused" if mine or purpose in last.refuses else "given", None
    state = "gone" if last.whole else state
    for n, one in decided(form, purpose, arrivals):
        if isinstance(one, Withdrawn):
            state = "withdrawn" if state != "gone" else state
        elif all(no < one.read for no in mine):
            state, rests = "given" if one.agrees else "refused", n
    return state, rests


def given(form: str, purpose: str, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether something may rest on what a person agreed to."""
    state, rests = alone(form, purpose, arrivals)
    if state != "given":
        return False
    return not any(
        news(no, in_form, rests, form, arrivals)
        for other in group(form, arrivals) - {form}
        for no, in_form in refused_in(other, purpose, arrivals)
    )


def refused_in(form: str, purpose: str, arrivals: Sequence[Arrival]) -> Iterator[tuple[int, bool]]:
    """Yield when a purpose was refused, or taken back, that stands so in one record: its place, and whether a form says so."""
    state, rests = alone(form, purpose, arrivals)
    of_form = list(refusals(form, purpose, arrivals))
    if state == "gone":
        yield from ((n, True) for n in of_form)
    if state == "withdrawn":
        yield from ((n, True) for n in of_form)
        yield withdrawn(form, purpose, rests, arrivals), False
    elif state == "refused":
        yield from ((n, True) for n in of_form)
        final = decided(form, purpose, arrivals)[-1:]
        if final and not getattr(final[0][1], "agrees", True):
            yield final[0][0], False
        elif not of_form:
            yield versions(form, arrivals)[0][0], False


def withdrawn(form: str, purpose: str, rests: int | None, arrivals: Sequence[Arrival]) -> int:
    """Return when a purpose was taken back, the first time since it was given; but not before somebody last asked the person."""
    made = decided(form, purpose, arrivals)
    first = min(n for n, one in made if isinstance(one, Withdrawn) and n > (-1 if rests is None else rests))
    return max([first, *(n for n, one in made if isinstance(one, Recorded))])


def news(no: int, in_form: bool, rests: int | None, form: str, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether a refusal in another record is news to a consent: to one on a form what is no earlier, to a record what it had not read."""
    if rests is None:
        return no >= versions(form, arrivals)[0][0]
    record = arrivals[rests]
    assert isinstance(record, Recorded)
    return no >= record.read if in_form else no > rests


def group(form: str, arrivals: Sequence[Arrival]) -> set[str]:
    """Return the records of one person."""
    found = {form}
    for _ in arrivals:
        pairs = ({one.form, one.other} for one in arrivals if isinstance(one, Same))
        found = found.union(*(pair for pair in pairs if pair & found))
    return found
