"""Who works where, as the settings say, and the refusals when they do not say it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from unicodedata import normalize

from sync_scripts.config import TeamSettings, original
from sync_scripts.config.names import plain
from sync_scripts.errors import Attention, DikaloError
from sync_scripts.publish.leaving import Audience, Team

__all__ = [
    "PhonesWithoutZone",
    "TeamsAlike",
    "ZoneMissing",
    "apart",
    "as_folder",
    "audience_of_fillers",
    "audience_of_form",
    "audience_of_kobo",
    "audience_of_phones",
    "forms_for",
    "lacking",
    "teams_of",
    "teams_of_forms",
]


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
