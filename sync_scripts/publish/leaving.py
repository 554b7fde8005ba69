"""May this case leave for those phones? The one place that says so; whoever writes a list asks here. Pure.

Four things are asked, in this order: is the case open, did its people withdraw, is it secret, and is it the business of
everybody who would get it. Consent and confidentiality are for `register.disclosure` to say. A phone may be lost or taken:
what it holds is what its worker needs, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sync_scripts.register.disclosure.list_shares import share_of

__all__ = ["LEFT_STATES", "Audience", "OpenCase", "Team", "Why", "leaving", "may_leave", "staying", "zoned"]

LEFT_STATES: Final = frozenset({"closed", "merged", "transferred"})
"""States in which a case is on no phone."""

Why = Literal["", "left", "withdrawn", "secret", "owner", "zone"]
"""Why a case stays: it is closed, its people withdrew, it is C4 (or says nothing), it is another team's C3, or it lies
outside the zone."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What decides about a case, and the little that a phone may know of it.

    Attributes:
        code: the case's code.
        department: P-code, None = unknown.
        due: ISO date of the next thing due, None = nothing is.
        status: state of the case.
        confidentiality: C1 to C4; anything else counts as C4. Never leaves.
        owner: the worker in charge. Never leaves.
        stopped: everybody in it withdrew or refused; see `sharing.stopped`.
    """

    code: str
    department: str | None
    due: str | None
    status: str
    confidentiality: str = ""
    owner: str | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """People who share their work.

    Attributes:
        name: how the settings call it.
        departments: P-codes of its zone.
        people: worker codes, in small letters.
        forms: ids of forms that are its own.
    """

    name: str
    departments: frozenset[str]
    people: frozenset[str]
    forms: frozenset[str] = frozenset()

    def holds(self, code: str | None) -> bool:
        """Tell whether a worker belongs to it."""
        return code is not None and code.casefold() in self.people


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a list.

    Attributes:
        teams: whose phones get it.
        parted: the server gives each phone the rows of its own zone alone; else all of them get all rows.
        everywhere: somebody decided that zones do not matter this time.
    """

    teams: tuple[Team, ...]
    parted: bool = False
    everywhere: bool = False

    def of(self, department: str | None) -> tuple[Team, ...]:
        """Return the teams that would get a row of this department."""
        return tuple(one for one in self.teams if not self.parted or department in one.departments)


def may_leave(case: OpenCase, to: Audience) -> Why:
    """Return "" when a case may go to all who would get it, else why not."""
    if case.status in LEFT_STATES:
        return "left"
    if case.stopped:
        return "withdrawn"
    receiving = to.of(case.department)
    trusted = not to.everywhere and bool(receiving) and all(one.holds(case.owner) for one in receiving)
    if share_of(case.confidentiality, "phones", trusted=trusted) != "all":
        return "owner" if case.confidentiality == "C3" else "secret"
    if to.everywhere:
        return ""
    known = receiving and all(case.department in one.departments for one in receiving)
    return "" if known else "zone"


def leaving(cases: Iterable[OpenCase], to: Audience) -> list[OpenCase]:
    """Return the cases that leave for an audience, by code."""
    return [case for case in sorted(cases, key=lambda one: one.code) if not may_leave(case, to)]


def zoned(teams: Iterable[Team]) -> bool:
    """Tell whether it is known who works where: there are teams, and each has a zone."""
    zones = [one.departments for one in teams]
    return bool(zones) and all(zones)


def staying(
    standing: Iterable[str], cases: Iterable[OpenCase], to: Audience, *, zoned: bool = True
) -> list[OpenCase]:
    """Return the cases that may stay in a list to which nothing may come, by code; every other one must leave it now.

    Sending may be refused for many reasons, and none of them is one to let a phone keep what nobody may hold any more.

    Args:
        standing: codes of the cases that are in it; one that the register does not know must leave.
        cases: all that the register knows.
        to: who gets the list.
        zoned: it is known who works where. Else no case leaves for its zone alone: what a setting does not say is no reason.
    """
    may = {""} if zoned else {"", "zone"}
    there = frozenset(standing)
    known = (one for one in cases if one.code in there)
    return [one for one in sorted(known, key=lambda one: one.code) if may_leave(one, to) in may]
