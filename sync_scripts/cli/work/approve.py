"""``dikalo approve`` without a code: what waits for a second person. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final

from sync_scripts.cli.frame.listing import listed
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.moves import not_yet_closable
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.proposals import Proposal, closures, proposals
from sync_scripts.register.history.visibility import asked_closures, sealed_from, waiting_shown
from sync_scripts.register.lifecycle.errors import needed_for
from sync_scripts.register.model.listings import Column, Listing, not_proved, one_of
from sync_scripts.register.queries.event_words import proposed
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import local


def waiting(shell: Shell, _said: Mapping[str, Any]) -> None:
    """Show what waits."""
    with shell.reading() as (workspace, rows):
        found = waiting_shown(rows, workspace.actor(), proposals(rows))
        sealed = sealed_from(rows, workspace.actor())
        by = By(rows, workspace.actor(), shell.clock())
        closing = [
            {**one, "reason": None, "lacking": []}
            if one["code"] in sealed
            else {**one, "lacking": list(not_yet_closable(by, one["code"]))}
            for one in closures(rows)
        ]
        asked = [one for one in asked_closures(rows) if one["code"] not in sealed]
    plain = [_plain(one) for one in found]
    document = {"schema": WAITING.schema, WAITING.name: plain, "closures": closing, ASKED.name: asked}
    waits = [*plain, *map(_as_proposal, closing)]
    first = listed(WAITING, waits) if waits else [_(WAITING.none)]
    shell.show(document, [*first, *_not_yet(closing), *_asked(asked)])


def _not_yet(closing: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield of each closure that would be refused as things are what it needs first."""
    for one in closing:
        if one["lacking"]:
            yield _("{code} cannot be signed yet. Needed: {needed}.").format(
                code=one["code"], needed=_("; ").join(needed_for(one["lacking"]))
            )


def _asked(asked: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the closures that phones ask for: nothing to sign yet, but somebody has to put them before a second person."""
    if not asked:
        return
    yield ""
    yield ngettext(
        "{n} closure asked for on a phone waits to be put before a second person: dikalo cases move CODE closure_pending",
        "{n} closures asked for on phones wait to be put before a second person: dikalo cases move CODE closure_pending",
        len(asked),
    ).format(n=len(asked))
    yield from listed(ASKED, asked)


ASKED: Final = Listing(
    "dikalo.waiting/1",
    "asked",
    (
        Column("code", N_("code")),
        Column("reason", N_("reason"), one_of("closure_reason")),
        Column("by", N_("asked by"), not_proved),
        Column("at", N_("received on"), local),
    ),
    narrow="reason:20 at by:12",
)
WAITING: Final = Listing(
    "dikalo.waiting/1",
    "proposals",
    (
        Column("id", N_("id")),
        Column("code", N_("code")),
        Column("words", N_("what")),
        Column("by", N_("proposed by")),
        Column("at", N_("when"), local),
    ),
    N_("Nothing waits for a second person."),
    narrow="words:28 at words:12",
)


def _plain(one: Proposal) -> dict[str, Any]:
    return {
        "id": one.id,
        "code": one.what,
        "decision": one.decision,
        "by": one.first.code,
        "at": one.at,
        "reason": one.said.get("reason"),
        "said": dict(one.said),
        "words": proposed(one.decision, one.said, one.seen),
    }


def _as_proposal(closing: Mapping[str, Any]) -> dict[str, Any]:
    """Return a closure as the list of what waits has it: it is signed under the code of the case."""
    words = _("closure: {reason}").format(reason=label("closure_reason", closing["reason"]) or "…")
    return {**closing, "id": closing["code"], "words": words}
