"""Who may get which case: who works where, as the settings say, and the one place that says whether a case may leave. Pure.

Four things are asked of a case, in this order: is it open, did its people withdraw, is it secret, and is it the business of
everybody who would get it. Consent and confidentiality are for `register.disclosure` to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from unicodedata import normalize

from sync_scripts.config import TeamSettings, original
from sync_scripts.config.settings import plain
from sync_scripts.errors import Attention, DikaloError
from sync_scripts.register.disclosure.recipients import share_of
from sync_scripts.register.lifecycle.moves import CASE_LEFT

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
    if case.status in CASE_LEFT:
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


ZoneMissing: Final = Attention.declare(
    "DK-C41",
    "Nothing new was sent to phones: dikalo.toml does not say in which departments they work ({lacking}). Whoever takes a phone "
    "would read the cases of the whole country. dikalo init --again zones asks for the teams and writes them; or, if "
    "everybody really must see everything, give --all-zones with the reason, which is kept.",
)
PhonesWithoutZone: Final = Attention.declare(
    "DK-C42",
    "Nothing new went into the lists on {server}; what must leave them leaves. These phones or forms there belong to no "
    "team, or the server cannot give each phone its own list: {which}. Put them into a [[team]] (people; forms for KoboToolbox), revoke those nobody uses (dikalo "
    "phones revoke CODE), or give --all-zones with the reason.",
)
TeamsAlike: Final = Attention.declare(
    "DK-C48",
    "Nothing new was sent to phones: in dikalo.toml these [[team]] have names that a disk takes for one, or none at all "
    "({names}), so one team could get the cases of the other. Give each a name of its own (capitals and signs make no "
    "difference), then run dikalo publish again.",
)


def as_folder(name: str) -> str:
    """Return a team's name as a folder's.

    >>> as_folder("équipe 1/nord")
    'équipe_1_nord'
    """
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name) or "_"


def teams_of(settings: Iterable[TeamSettings]) -> tuple[Team, ...]:
    """Return the teams of the settings."""
    return tuple(
        Team(
            one.name,
            frozenset(one.departments),
            frozenset(code.casefold() for code in one.people),
            frozenset(one.forms),
        )
        for one in settings
    )


def teams_of_forms(teams: Sequence[Team], forms: Collection[str]) -> frozenset[str]:
    """Return the names of the teams whose list comes with one of these forms of KoboToolbox; all forms are an only team's."""
    if len(teams) == 1:
        return frozenset(one.name for one in teams if forms)
    return frozenset(one.name for one in teams if not one.forms.isdisjoint(forms))


def lacking(teams: Sequence[Team]) -> DikaloError | None:
    """Return what keeps it from being known who works where: no team, teams of one name, a team without zone. None = nothing."""
    if not teams:
        return ZoneMissing(lacking="[[team]]")
    alike = _alike([one.name for one in teams])
    if alike:
        return TeamsAlike(names=", ".join(name or '""' for name in alike))
    without = [one.name for one in teams if not one.departments]
    return ZoneMissing(lacking=", ".join(without)) if without else None


def _alike(names: Sequence[str]) -> list[str]:
    """Return the names that would have one folder on some disk, and those that would have none."""
    folders = [plain(as_folder(normalize("NFC", name))) for name in names]
    return [
        name
        for name, folder in zip(names, folders, strict=True)
        if not name.strip() or folders.count(folder) > 1
    ]


def audience_of_phones(server: str, teams: Sequence[Team], phones: Iterable[str], *, parts: bool) -> Audience:
    """Return who gets the list of a server on which each phone has an account of its own.

    Args:
        server: its name.
        teams: of the settings.
        phones: worker codes of the accounts.
        parts: the server can give each phone its own rows.

    Raises:
        PhonesWithoutZone: a phone is in no team, or teams differ and the server cannot part them.
    """
    named = sorted(set(phones))
    lost = [code for code in named if not any(one.holds(code) for one in teams)]
    if lost:
        raise PhonesWithoutZone(server=server, which=", ".join(lost))
    there = tuple(one for one in teams if any(one.holds(code) for code in named))
    if len({one.departments for one in there}) > 1 and not parts:
        raise PhonesWithoutZone(server=server, which=", ".join(one.name for one in there))
    return Audience(there, parted=parts)


def audience_of_kobo(
    server: str, teams: Sequence[Team], settings: Sequence[TeamSettings], form: str
) -> Audience:
    """Return who gets the list of one form of KoboToolbox: everybody who may fill it.

    Raises:
        PhonesWithoutZone: the form is no team's, and there are several teams.
    """
    own = [team for team, said in zip(teams, settings, strict=True) if form in said.forms]
    if own or len(teams) == 1:
        return Audience(tuple(own) or tuple(teams))
    raise PhonesWithoutZone(server=server, which=form)


def audience_of_fillers(
    teams: Sequence[Team], to: Audience, fillers: Iterable[str]
) -> tuple[Audience, tuple[str, ...]]:
    """Return who of a form's audience is left once every account counts that may fill the form; and the accounts of no team.

    An account of another team makes the list what both may hold. Where a team of the form names nobody, whoever fills it
    is of that team.
    """
    others = [code for code in fillers if not any(one.holds(code) for one in to.teams)]
    lost = [code for code in others if not any(one.holds(code) for one in teams)]
    known = [code for code in others if code not in lost]
    left = Audience((*to.teams, *audience_of_form(teams, known).teams)) if known else to
    return left, tuple(sorted(lost)) if all(one.people for one in to.teams) else ()


def apart(teams: Sequence[Team], phones: Iterable[str]) -> tuple[str, ...]:
    """Return what keeps these phones from sharing one list: their teams when zones differ, and phones of no team."""
    named = sorted(set(phones))
    lost = [code for code in named if not any(one.holds(code) for one in teams)]
    there = [one for one in teams if any(one.holds(code) for code in named)]
    differ = len({one.departments for one in there}) > 1
    return (*(one.name for one in there if differ or lost), *lost)


def audience_of_form(teams: Sequence[Team], phones: Iterable[str]) -> Audience:
    """Return who gets the list of a form on a server that gives all phones the same: each phone that fills it.

    Each counts with all its teams, and one of no team as somebody who may hold nothing.
    """
    own = [(code, [one for one in teams if one.holds(code)]) for code in sorted(set(phones))]
    return Audience(
        tuple(
            Team(
                code,
                frozenset().union(*(one.departments for one in held)),
                frozenset().union(*(one.people for one in held)),
            )
            for code, held in own
        )
    )


def forms_for(forms: Sequence[str], teams: Iterable[TeamSettings], code: str) -> tuple[str, ...]:
    """Return the forms that a person's phone may fill: its team's copy in place of the form, and no other team's."""
    settings = list(teams)
    own = {form for one in settings for form in one.forms if code.casefold() in map(str.casefold, one.people)}
    others = {form for one in settings for form in one.forms} - own
    copied = {original(form, forms) for form in own}
    left = others | copied
    return tuple(dict.fromkeys((*(form for form in forms if form not in left), *sorted(own))))
