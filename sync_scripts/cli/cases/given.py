"""What was given to whom, as a table: in the page of a case, and for a person who asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import gettext as _
from typing import Any

from sync_scripts.cli.frame.listing import local
from sync_scripts.register.rules.kinds import label

__all__ = ["given_part"]

Line = Mapping[str, Any]


def given_part(found: Iterable[Line]) -> tuple[str, list[str], list[tuple[object, ...]]]:
    """Return heading, column headings and rows of what was given to others."""
    rows: list[tuple[object, ...]] = [
        (
            local(one["at"]),
            _what(one),
            one["receiver"] or _("not written down"),
            label("consent_purpose", one["purpose"]),
            " ".join(one["people"]) or _("everybody in it"),
            _how(one["closed"]),
            _("{code} (not proved)").format(code=one["by"]) if one["proof"] == "claimed" else one["by"],
        )
        for one in found
    ]
    headings = [_("when"), _("what"), _("to"), _("purpose"), _("about"), _("how"), _("by")]
    return _("Given to others"), headings, rows


def _how(closed: str) -> str:
    words = {
        "key": _("sealed for a key"),
        "passphrase": _("sealed under a passphrase"),
        "clear": _("NOT sealed"),
    }
    return words.get(closed, "")


def _what(one: Line) -> str:
    words: dict[str, str] = {
        "dossier": _("dossier {name}"),
        "referral": _("referral, no. {name}"),
        "evidence": _("evidence {name}"),
        "transfer": _("the case"),
    }
    name = one["share"] if one["what"] == "dossier" else one["name"]
    return words[one["what"]].format(name=name)
