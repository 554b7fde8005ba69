"""People of a case who may be somebody of another one, compared with the vault open: telephone and identity document.

In memory only: whether the values are the same is shown, and neither the values nor the answer is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from gettext import gettext as _
from typing import Any, Final

import msgspec

from sync_scripts.cli.alerts.pairs import not_opened
from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.register.case_decisions.openings import may_open
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.grouping import BEST
from sync_scripts.register.links.people import Pair, Record, groups
from sync_scripts.register.links.refine import same_contact
from sync_scripts.store.database import Register
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.seal.tags import same_document
from sync_scripts.store.vault import Vault, items_of_scopes

__all__ = ["compare_people"]

Found = Sequence[tuple[Pair, tuple[Record, Record]]]

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "person": {"phone": "phone", "national_id": "document"},
    "interview": {"service_phone": "phone"},
}
"""Entity -> sealed answer -> what it is compared as; somebody who only wants services left the number with the interview."""


def compare_people(shell: Shell, code: str, reason: str, kind: str, as_code: str | None) -> None:
    """Open what is needed, compare, show; the opening is written down first.

    Raises:
        ReasonNeeded, CaseUnknown: as they say.
    """
    if not reason.strip():
        raise ReasonNeeded
    with unlocked(shell, kind, as_code, "vault compare") as (workspace, key, actor):
        register = workspace.register
        with register.reading() as rows:
            asked = groups(rows, sight_of(rows, actor), code=code, everything=True)
        found = [(one.pair, one.records) for group in asked.groups for one in group.beside[:BEST]]
        more = len(asked.pairs) - len(found)
        opened: dict[str, dict[str, str]] = {}
        if found:
            leave = partial(may_open, actor=actor, reason=reason)
            with Vault(register, key, actor, leave=leave, now=shell.clock) as opening:
                opened = _opened(register, opening, found, reason)
    document = {
        "schema": "dikalo.vault-compare-people/1",
        "pairs": [_plain(pair, both, opened) for pair, both in found],
        "more": more,
        "hidden": asked.hidden,
    }
    shell.show(document, [*_lines(found, opened), *not_opened(more)])


def _opened(register: Register, opening: Vault, found: Found, reason: str) -> dict[str, dict[str, str]]:
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


def _plain(
    pair: Pair, both: tuple[Record, Record], opened: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    phone, document = _answers(both, opened)
    people = [{"case": one["case"], "person": one["person"]} for one in pair.people]
    return {"people": people, "same_phone": phone, "same_document": document, "decision": pair.decision}


def _lines(found: Found, opened: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if not found:
        yield _("Nobody is proposed as the same person.")
        return
    words = {True: _("the same"), False: _("different"), None: _("not known")}
    rows: list[Sequence[object]] = []
    for pair, both in found:
        phone, document = _answers(both, opened)
        names = [f"{one['case']} {one['person'] or ''}".strip() for one in pair.people]
        rows.append((*names, words[phone], words[document]))
    yield from table([_("person"), _("person"), _("telephone"), _("identity document")], rows)
