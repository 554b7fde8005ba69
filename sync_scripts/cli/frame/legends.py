"""What short words of lists and pages mean, said in a line below them. Knows no register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.register.model.places import short
from sync_scripts.register.rules.kinds import label

__all__ = [
    "confidentiality_explained",
    "flags_explained",
    "level_explained",
    "level_in_words",
    "regions_explained",
    "unheard_in_words",
]


def confidentiality_explained(levels: Iterable[str | None]) -> str:
    """Return what the levels of confidentiality in a list mean, in the words of the forms."""
    told = (f"{one} = {label('confidentiality', one)}" for one in sorted({one for one in levels if one}))
    return _("who may see the case; {levels}").format(levels=_("; ").join(told))


def level_explained(level: str | None) -> str:
    """Return a level of confidentiality with its words; nothing where there is none."""
    return f"{level} ({label('confidentiality', level)})" if level else ""


def level_in_words(found: Mapping[str, Any]) -> str:
    """Return the level of an alert or a case that counts, and what the rules or somebody said otherwise, from its page."""
    level, rule = label("urgency", found["urgency"]), found.get("urgency_by_rule")
    decided = found.get("urgency_decided")
    if decided and decided != found["urgency"]:
        return _("{level} (decided: {decided}, before new facts came: decide again)").format(
            level=level, decided=label("urgency", decided)
        )
    if rule and rule != found["urgency"]:
        return _("{level} (the rules say {rule})").format(level=level, rule=label("urgency", rule))
    return level


def flags_explained() -> str:
    """Return what the number of flags counts."""
    return _("how many things a rule wants somebody to look at; the page of the alert or case says which")


def regions_explained(regions: Iterable[str | None]) -> str:
    """Return what the letters of the regions in a list stand for."""
    named = {short(one): label("cm_admin:region", one) for one in set(regions) if one}
    return _("; ").join(f"{letters} = {named[letters]}" for letters in sorted(named))


def unheard_in_words(count: int, regions: Iterable[str]) -> str:
    """Return of how many things that are critical or late nobody is told, of which regions, and what helps."""
    words = ngettext(
        "Nobody is told of {n} alert or case that is critical or late: no destination with an address is for {regions}. Give a "
        "[[notify]] of the role coordinator these regions, or none, and run dikalo notify test.",
        "Nobody is told of {n} alerts or cases that are critical or late: no destination with an address is for {regions}. Give a "
        "[[notify]] of the role coordinator these regions, or none, and run dikalo notify test.",
        count,
    )
    return words.format(n=count, regions=", ".join(sorted(map(short, regions))))
