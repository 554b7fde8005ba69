"""``dikalo vault compare``: the alerts that may be one event, compared with the vault open: place in words, contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from gettext import gettext as _
from typing import Any

import click
import msgspec

from sync_scripts.cli.alerts.pairs import not_opened
from sync_scripts.cli.frame.key_options import with_key
from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.cli.opening.vault_people import compare_people
from sync_scripts.register.case_decisions.openings import may_open
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.compare import Compared, reasons_in_words
from sync_scripts.register.links.refine import FIELDS, Opened, Pair, pairs_of, refined, same_contact
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.database import Register
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.vault import Vault, items_of_scopes
from sync_scripts.texts import language

__all__ = ["compare"]


@command("compare")
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--reason",
    default="",
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why; written down before anything is opened. - asks for it."),
)
@with_key
@pass_shell
def compare(shell: Shell, code: str, *, reason: str, kind: str, as_code: str | None) -> None:
    """Open what is needed, compare, show."""
    run = compare_people if code.strip().upper().startswith("DK") else _run
    run(shell, code, reason, kind, as_code)


def _run(shell: Shell, code: str, reason: str, kind: str, as_code: str | None) -> None:
    if not reason.strip():
        raise ReasonNeeded
    with unlocked(shell, kind, as_code, "vault compare") as (workspace, key, actor):
        register = workspace.register
        with register.reading() as rows:
            asked = pairs_of(rows, sight_of(rows, actor), code)
        opened: dict[int, Opened] = {}
        if asked.pairs:
            leave = partial(may_open, actor=actor, reason=reason)
            with Vault(register, key, actor, leave=leave, now=shell.clock) as opening:
                opened = _opened(register, opening, asked.pairs, reason)
    found = refined(asked.pairs, opened)
    document = {
        "schema": "dikalo.vault-compare/1",
        "links": [_plain(pair, now, opened) for pair, now in found],
        "more": asked.more,
        "hidden": asked.hidden,
    }
    shell.show(document, _lines(found, opened, asked.more))


def _opened(register: Register, opening: Vault, pairs: Sequence[Pair], reason: str) -> dict[int, Opened]:
    """Open the sealed part of the version that counts of each alert, once."""
    sides = {side.version: side for pair in pairs for side in (pair.first, pair.second)}
    with register.reading() as rows:
        scopes = [scope for side in sides.values() for scope in scopes_of(rows, side.code)]
        items = [one for one in items_of_scopes(rows, scopes) if one.kind == "row" and one.version in sides]
    found: dict[int, dict[str, str]] = {}
    for one in opening.open_items(reason, items) if items else ():
        if one.problem is not None:
            continue
        part = msgspec.json.decode(one.data)
        if part["entity"] == "alert":
            said = {name: str(value) for name, value in part["fields"].items() if name in FIELDS}
            found.setdefault(sides[one.item.version].number, {}).update(said)
    return {
        number: Opened(said.get("place_hint", ""), said.get("contact", "")) for number, said in found.items()
    }


def _plain(pair: Pair, now: Compared, opened: dict[int, Opened]) -> dict[str, Any]:
    one, other = (opened.get(side.number, Opened()) for side in (pair.first, pair.second))
    return {
        "alerts": [pair.first.code, pair.second.code],
        "places": [one.place, other.place],
        "same_contact": same_contact(one.contact, other.contact),
        "points_everyday": pair.compared.points,
        "points": now.points,
        "level": now.level,
        "reasons": [list(reason) for reason in now.reasons],
    }


def _lines(found: Sequence[tuple[Pair, Compared]], opened: dict[int, Opened], more: int) -> Iterator[str]:
    if not found:
        yield _("No other alert is proposed as the same event.")
    said = {True: _("the same"), False: _("different"), None: _("not known")}
    for number, (pair, now) in enumerate(found):
        one, other = (opened.get(side.number, Opened()) for side in (pair.first, pair.second))
        if number:
            yield ""
        yield from table(
            ["", pair.first.code, pair.second.code], [(_("Place in words"), one.place, other.place)]
        )
        yield _("Contact: {answer}").format(answer=said[same_contact(one.contact, other.contact)])
        yield _("{level}, {points} points ({before} with the vault closed)").format(
            level=label("link_level", now.level), points=now.points, before=pair.compared.points
        )
        yield from (f"- {text}" for _rule, text in reasons_in_words(now.stored, language(), load()))
    yield from not_opened(more)
