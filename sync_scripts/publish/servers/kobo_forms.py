"""Which forms of a KoboToolbox the phone of a person is let into: its team's and those for all, never another team's. Pure.

The settings decide where they name forms. Where they name none, only what the account itself owns and is one of the
organisation's forms is for all; two of one form may be two teams', so nobody is let into either before it is said whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sync_scripts.config import TeamSettings
from sync_scripts.errors import UsageProblem

__all__ = ["FormSeen", "FormsUndecided", "of_others", "of_phone", "of_team"]


FormsUndecided: Final = UsageProblem.declare(
    "DK-C47",
    "Into which forms of {server} the phone {phone} may be let cannot be told ({forms}). Nothing was done, since a form of "
    "another team would show it that team's cases. Name in dikalo.toml the forms of its team under forms of the [[team]], "
    "and those for everybody under forms of the [[server]]; then run the command again.",
)


@dataclass(frozen=True, slots=True)
class FormSeen:
    """A form that the server shows.

    Attributes:
        uid: what the server calls it.
        form: the form id that its workbook names.
        own: the account owns it.
    """

    uid: str
    form: str
    own: bool


def of_team(teams: Iterable[TeamSettings], code: str) -> tuple[str, ...]:
    """Return the forms of the teams to which a person belongs."""
    mine = [one for one in teams if code.casefold() in map(str.casefold, one.people)]
    return tuple(dict.fromkeys(form for one in mine for form in one.forms))


def of_others(teams: Sequence[TeamSettings], code: str) -> tuple[str, ...]:
    """Return the forms that are other teams' alone."""
    own = of_team(teams, code)
    every = dict.fromkeys(form for one in teams for form in one.forms)
    return tuple(form for form in every if form not in own)


def of_phone(
    seen: Sequence[FormSeen],
    named: Sequence[str],
    teams: Sequence[TeamSettings],
    known: Sequence[str],
    code: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the forms into which a phone is let, and those of which nobody can say whose they are.

    Args:
        seen: the forms that are there.
        named: uids that the settings name for everybody; none = not said.
        teams: of the settings.
        known: form ids of the organisation.
        code: of the person.
    """
    mine, others = of_team(teams, code), of_others(teams, code)
    own = [one for one in seen if one.uid in mine]
    copied = {one.form for one in own}
    free = [one for one in seen if one.uid not in {*mine, *others} and one.form not in copied]
    if named:
        every = [one for one in free if one.uid in named]
        return tuple(one.uid for one in (*every, *own)), ()
    every = [one for one in free if one.own and one.form in known]
    forms = [one.form for one in every]
    return (
        tuple(one.uid for one in (*every, *own)),
        tuple(one.uid for one in every if forms.count(one.form) > 1),
    )
