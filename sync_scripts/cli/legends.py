"""What short words of lists and pages mean, said in a line below them. Knows no register."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import gettext as _

__all__ = ["confidentiality_explained", "flags_explained", "level_explained", "regions_explained"]


def confidentiality_explained(levels: Iterable[str | None]) -> str:
    """Return what the levels of confidentiality in a list mean, in the words of the forms."""
    from sync_scripts.register.labels import label

    told = (f"{one} = {label('confidentiality', one)}" for one in sorted({one for one in levels if one}))
    return _("who may see the case; {levels}").format(levels=_("; ").join(told))


def level_explained(level: str | None) -> str:
    """Return a level of confidentiality with its words; nothing where there is none."""
    from sync_scripts.register.labels import label

    return f"{level} ({label('confidentiality', level)})" if level else ""


def flags_explained() -> str:
    """Return what the number of flags counts."""
    return _("how many things a rule wants somebody to look at; the page of the alert or case says which")


def regions_explained(regions: Iterable[str | None]) -> str:
    """Return what the letters of the regions in a list stand for."""
    from sync_scripts.register.labels import label
    from sync_scripts.register.places import short

    named = {short(one): label("cm_admin:region", one) for one in regions if one}
    return _("; ").join(f"{letters} = {named[letters]}" for letters in sorted(named))
