"""What was given to whom, as tables: in the page of a case, and for a person who asks. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.listing import local, table
from sync_scripts.cli.shell import Shell, command, pass_shell

__all__ = ["given_part", "shared"]

Line = Mapping[str, Any]


def given_part(found: Iterable[Line]) -> tuple[str, list[str], list[tuple[object, ...]]]:
    """Return heading, column headings and rows of what was given to others."""
    from sync_scripts.register.labels import label

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


@command(
    "shared",
    help=_(
        "Say to whom something of a case was given, when, for which purpose and by whom: dossiers, referrals, evidence. With "
        "--person only what is about her. What a phone alone reported of a referral stands with the services of the case."
    ),
)
@click.argument("code", metavar=_("CODE"))
@click.option("--person", metavar="V1", help=_("Whose, where there are several people."))
@pass_shell
def shared(shell: Shell, code: str, *, person: str | None) -> None:
    """Show what was given."""
    from sync_scripts.register.closely import require_sight
    from sync_scripts.register.consents.decide import someone
    from sync_scripts.register.decisions import case_of
    from sync_scripts.register.handover.given import given_rows

    with shell.reading() as (workspace, rows):
        require_sight(rows, workspace.actor(), code)
        case = case_of(rows, code)["case_code"]
        who = someone(rows, case, person).pseudonym if person is not None else None
        found = [
            one for one in given_rows(rows, case) if who is None or not one["people"] or who in one["people"]
        ]
    _heading, headings, lines = given_part(found)
    document = {"schema": "dikalo.shared/1", "code": case, "person": who, "shared": found}
    shell.show(
        document,
        table(headings, lines) if lines else _("Nothing was given to anybody, as far as was written down."),
    )
