"""``dikalo vault compare``: alerts that may be one event, and people who may be somebody of another case, compared with the vault open.

By place in words, contact, telephone and identity document; what is shown needs the leave that every opening needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from gettext import gettext as _
from typing import Annotated, Any, Final

import msgspec

from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.options import ByKey, plain
from sync_scripts.cli.frame.shell import Shell, command, place
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.cli.work.links import beside, not_opened
from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.openings import may_open
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.compare import Compared, reasons_in_words
from sync_scripts.register.links.grouping import BEST
from sync_scripts.register.links.people import Pair as Alike
from sync_scripts.register.links.people import Record, groups
from sync_scripts.register.links.refine import FIELDS, Opened, Pair, pairs_of, refined, same_contact
from sync_scripts.register.model.listings import Column
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.database import Register
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.seal.tags import same_document
from sync_scripts.store.vault import Vault, items_of_scopes
from sync_scripts.texts import language


@command("compare")
def compare(
    shell: Shell,
    *,
    code: Annotated[str, place(_("CODE"))],
    reason: Annotated[
        str, plain("--reason", "Why; written down before anything is opened. - asks for it.", _("TEXT"))
    ] = "",
    by: ByKey,
) -> None:
    """Open what is needed, compare, show."""
    run = compare_people if code.strip().upper().startswith("DK") else _run
    run(shell, code, reason, by)


def _run(shell: Shell, code: str, reason: str, by: ByKey) -> None:
    if not reason.strip():
        raise ReasonNeeded
    with unlocked(shell, by, "vault compare") as (workspace, key, actor):
        register = workspace.register
        with register.reading() as rows:
            asked = pairs_of(rows, sight_of(rows, actor), code)
        opened: dict[int, Opened] = {}
        if asked.pairs:
            leave = partial(may_open, actor=actor, reason=reason)
            with Vault(register, key, actor, leave=leave, now=shell.clock) as opening:
                opened = _alerts_opened(register, opening, asked.pairs, reason)
    found = refined(asked.pairs, opened)
    document = {
        "schema": "dikalo.vault-compare/1",
        "links": [_plain_alerts(pair, now, opened) for pair, now in found],
        "more": asked.more,
        "hidden": asked.hidden,
    }
    shell.show(document, _alert_lines(found, opened, asked.more))


def _alerts_opened(
    register: Register, opening: Vault, pairs: Sequence[Pair], reason: str
) -> dict[int, Opened]:
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


def _plain_alerts(pair: Pair, now: Compared, opened: dict[int, Opened]) -> dict[str, Any]:
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


def _alert_lines(
    found: Sequence[tuple[Pair, Compared]], opened: dict[int, Opened], more: int
) -> Iterator[str]:
    if not found:
        yield _("No other alert is proposed as the same event.")
    said = {True: _("the same"), False: _("different"), None: _("not known")}
    for number, (pair, now) in enumerate(found):
        one, other = (opened.get(side.number, Opened()) for side in (pair.first, pair.second))
        if number:
            yield ""
        places = (_("Place in words"), one.place, other.place)
        yield from table(beside(pair.first.code, pair.second.code), [places])
        yield _("Contact: {answer}").format(answer=said[same_contact(one.contact, other.contact)])
        yield _("{level}, {points} points ({before} with the vault closed)").format(
            level=label("link_level", now.level), points=now.points, before=pair.compared.points
        )
        yield from (f"- {text}" for _rule, text in reasons_in_words(now.stored, language(), load()))
    yield from not_opened(more)


Found = Sequence[tuple[Alike, tuple[Record, Record]]]

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "person": {"phone": "phone", "national_id": "document"},
    "interview": {"service_phone": "phone"},
}
"""Entity -> sealed answer -> what it is compared as; somebody who only wants services left the number with the interview."""


def compare_people(shell: Shell, code: str, reason: str, by: ByKey) -> None:
    """Open what is needed, compare, show; the opening is written down first.

    Raises:
        ReasonNeeded, CaseUnknown: as they say.
    """
    if not reason.strip():
        raise ReasonNeeded
    with unlocked(shell, by, "vault compare") as (workspace, key, actor):
        register = workspace.register
        with register.reading() as rows:
            asked = groups(rows, sight_of(rows, actor), code=code, everything=True)
        found = [(one.pair, one.records) for group in asked.groups for one in group.beside[:BEST]]
        more = len(asked.pairs) - len(found)
        opened: dict[str, dict[str, str]] = {}
        if found:
            leave = partial(may_open, actor=actor, reason=reason)
            with Vault(register, key, actor, leave=leave, now=shell.clock) as opening:
                opened = _people_opened(register, opening, found, reason)
    document = {
        "schema": "dikalo.vault-compare-people/1",
        "pairs": [_plain_people(pair, both, opened) for pair, both in found],
        "more": more,
        "hidden": asked.hidden,
    }
    shell.show(document, [*_people_lines(found, opened), *not_opened(more)])


def _people_opened(
    register: Register, opening: Vault, found: Found, reason: str
) -> dict[str, dict[str, str]]:
    """Return what was opened of each record, by its uid."""
    every = [one for _pair, both in found for one in both]
    wanted = {(one.version, f"person:{one.uid}"): one.uid for one in every}
    wanted |= {(one.version, f"interview:{one.uid}"): one.uid for one in every}
    with register.reading() as rows:
        scopes = sorted({scope for one in every for scope in scopes_of(rows, one.case)})
        items = [
            one
            for one in items_of_scopes(rows, scopes)
            if one.kind == "row" and (one.version, one.row) in wanted
        ]
    said: dict[str, dict[str, str]] = {}
    for one in opening.open_items(reason, items) if items else ():
        if one.problem is None:
            part = msgspec.json.decode(one.data)
            names = _FIELDS.get(part["entity"], {})
            theirs = said.setdefault(wanted[one.item.version, one.item.row], {})
            theirs.update({names[name]: str(text) for name, text in part["fields"].items() if name in names})
    return said


def _answers(
    both: tuple[Record, Record], opened: Mapping[str, Mapping[str, str]]
) -> tuple[bool | None, bool | None]:
    """Return whether telephone and document are the same; None where one of the two is not known."""
    one, other = (opened.get(record.uid, {}) for record in both)
    return (
        same_contact(one.get("phone", ""), other.get("phone", "")),
        same_document(one.get("document", ""), other.get("document", "")),
    )


def _plain_people(
    pair: Alike, both: tuple[Record, Record], opened: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    phone, document = _answers(both, opened)
    people = [{"case": one["case"], "person": one["person"]} for one in pair.people]
    return {"people": people, "same_phone": phone, "same_document": document, "decision": pair.decision}


def _people_lines(found: Found, opened: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if not found:
        yield _("Nobody is proposed as the same person.")
        return
    words = {True: _("the same"), False: _("different"), None: _("not known")}
    rows = []
    for pair, both in found:
        names = [f"{one['case']} {one['person'] or ''}".strip() for one in pair.people]
        rows.append((*names, *(words[one] for one in _answers(both, opened))))
    yield from table(_COMPARED, rows)


_COMPARED: Final = (
    Column(0, N_("person")),
    Column(1, N_("person")),
    Column(2, N_("telephone")),
    Column(3, N_("identity document")),
)
