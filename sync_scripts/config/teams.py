"""Copies of a form under other ids, one a team, as the settings name them. Pure.

A Central before 2026.2 gives every phone that fills a form the same list of cases, so each team fills a copy of its own.
A name under ``forms`` of a ``[[team]]`` is a copy when it begins with a form of ``forms`` and ``_``: ``followup_nord``.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync_scripts.config.settings import Settings, TeamSettings

__all__ = ["copies", "forms_of_teams", "original", "uids_of_teams"]


def original(name: str, forms: Iterable[str]) -> str | None:
    """Return the form of which a name is a copy's, None for what is a form itself or nobody's copy.

    >>> original("followup_nord", ("case", "followup"))
    'followup'
    """
    known = tuple(forms)
    if name in known:
        return None
    return max((one for one in known if name.startswith(f"{one}_")), key=len, default=None)


def copies(settings: Settings) -> dict[str, str]:
    """Return the form of each copy that some team has, in the order of the settings."""
    named = ((name, original(name, settings.forms)) for name in forms_of_teams(settings.team))
    return {name: form for name, form in named if form is not None}


def forms_of_teams(teams: Iterable[TeamSettings]) -> tuple[str, ...]:
    """Return what the servers call the forms that are some team's alone, each once."""
    return tuple(dict.fromkeys(name for one in teams for name in one.forms))


def uids_of_teams(settings: Settings) -> tuple[str, ...]:
    """Return what some KoboToolbox calls the forms that are some team's alone.

    A form's own name, and a copy's, are a Central's: they are nobody's uid.
    """
    central = {*settings.forms, *copies(settings)}
    return tuple(name for name in forms_of_teams(settings.team) if name not in central)
