"""``dikalo approve`` without a code: what waits for a second person. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.cli.frame.listing import rows_listed
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.register.case_decisions.moves import not_yet_closable
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.proposals import Proposal, closures, proposals
from sync_scripts.register.history.visibility import asked_closures, sealed_from, waiting_shown
from sync_scripts.register.lifecycle.errors import needed_for
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
    document = {
        "schema": "dikalo.waiting/1",
        "proposals": [_plain(one) for one in found],
        "closures": [dict(one) for one in closing],
        "asked": asked,
    }
    shell.show(document, [*_lines(found, closing), *_not_yet(closing), *_asked(asked)])


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
    rows = [
        (
            one["code"],
            label("closure_reason", one["reason"]),
            _("{code} (not proved)").format(code=one["by"]) if one["by"] else "",
            local(one["at"]),
        )
        for one in asked
    ]
    headings = [_("code"), _("reason"), _("asked by"), _("received on")]
    yield from rows_listed(
        headings, rows, order=((_("reason"), 20), (_("received on"), 0), (_("asked by"), 12))
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


def _lines(found: Sequence[Proposal], closing: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not found and not closing:
        yield _("Nothing waits for a second person.")
        return
    rows: list[Sequence[object]] = [
        (one.id, one.what, proposed(one.decision, one.said, one.seen), one.first.code, local(one.at))
        for one in found
    ]
    rows += [
        (
            one["code"],
            one["code"],
            _("closure: {reason}").format(reason=label("closure_reason", one["reason"]) or "…"),
            one["by"],
            local(one["at"]),
        )
        for one in closing
    ]
    headings = [_("id"), _("code"), _("what"), _("proposed by"), _("when")]
    yield from rows_listed(headings, rows, order=((_("what"), 28), (_("when"), 0), (_("what"), 12)))
