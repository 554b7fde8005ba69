"""``dikalo approve``: the second person. Signs with a passphrase of their own what another one proposed, or refuses it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any, Final

from sync_scripts.cli.frame.decisions import decides
from sync_scripts.cli.frame.listing import local, rows_listed
from sync_scripts.cli.frame.options import DryRun, Reason, would
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.cautions import ToSign, require_shown, to_sign
from sync_scripts.register.case_decisions.moves import move, not_yet_closable
from sync_scripts.register.decisions.authority import KeyGiven
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.decisions.proposals import Proposal, closure_waits, closures, proposals, sign
from sync_scripts.register.decisions.proposals import withdraw as take_back
from sync_scripts.register.history.visibility import asked_closures, sealed_from, waiting_shown
from sync_scripts.register.lifecycle.errors import needed_for
from sync_scripts.register.queries.event_words import proposed
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.database import Actor, Register


@command("approve")
def approve(
    shell: Shell,
    *,
    code: Annotated[str, place(_("[CODE]"))] = "list",
    withdraw: Annotated[bool, option(_("Take the proposal back, or refuse the closure (with --reason)."))],
    reason: Reason = "",
    as_code: Annotated[
        str | None,
        option(
            _("Only in a demonstration, where every passphrase is published: play this second person."),
            "--as",
            _("CODE"),
        ),
    ],
    yes: Annotated[bool, option(_("Do not ask again on a terminal after showing what would be signed."))],
    dry_run: DryRun,
) -> None:
    """List what waits, sign or refuse it."""
    if code.strip().lower() == "list":
        _list(shell)
        return

    shown: list[ToSign] = []

    def look(register: Register, actor: Actor) -> None:
        shown.append(_look(shell, code, register, actor))
        quiet = withdraw or yes or dry_run or shell.json or not sys.stdin.isatty()
        if not quiet and shown[0].first != actor.code:
            with shell.turn("approve"):
                _rehearse(register, actor, shell.clock(), code, reason)
            shell.confirm(_("Sign this?"), yes=False)

    with decides(
        shell, "approve", as_code=as_code, dry_run=dry_run, own_hand=True, anyone=True, asking=look
    ) as by:
        require_shown(by, code, shown[0])
        document, sentence = _decide(by, code, reason, withdraw=withdraw)
    shell.show(
        {"schema": "dikalo.approved/1", **document, "signed": asdict(shown[0]), "dry_run": dry_run},
        would([sentence], dry_run=dry_run),
    )


def _rehearse(register: Register, actor: Actor, now: datetime, code: str, reason: str) -> None:
    """Sign and undo it: nobody is asked whether to do what is refused then.

    Raises:
        DikaloError: what signing raises.
    """
    with deciding(register, actor, now, dry_run=True) as by:
        _decide(by, code, reason, withdraw=False)


def _look(shell: Shell, code: str, register: Register, actor: Actor) -> ToSign:
    """Show what would be signed; return it."""
    with register.reading() as rows:
        found = to_sign(rows, code, actor.code)
    for line in _to_sign(found, demo=shell.demo):
        shell.say(line)
    return found


def _to_sign(found: ToSign, *, demo: bool = False) -> Iterator[str]:
    """Yield what is proposed, of what, by whom, who gave each of the two their passphrase, and their accounts."""
    closes = found.decision == "case.move"
    reason = _("closure: {reason}").format(reason=label("closure_reason", found.said.get("closure_reason")))
    states = "case_state" if found.what.startswith("DK") else "alert_state"
    yield _("{code} ({state}, {level}): {what}.").format(
        code=found.what,
        state=label(states, found.state),
        level=label("urgency", found.urgency),
        what=reason if closes else proposed(found.decision, found.said, found.seen).removesuffix("."),
    )
    if closes and found.said.get("retention_class"):
        yield _("Once closed it is kept as: {kept}.").format(
            kept=label("retention_class", found.said["retention_class"])
        )
    if found.highest not in {None, found.urgency}:
        yield _("The highest level it ever had: {level}.").format(level=label("urgency", found.highest))
    for one in found.others:
        yield _(
            "A phone asks for it for another reason, and that stays undecided: {reason} ({when})."
        ).format(reason=label("closure_reason", one["reason"]), when=local(one["at"]))
    for case, tasks in found.merged.items():
        yield ngettext(
            "Merged into it: {case}, with {n} critical task open.",
            "Merged into it: {case}, with {n} critical tasks open.",
            tasks,
        ).format(case=case, n=tasks)
    for came in found.came:
        before = found.at is not None and came.at <= found.at
        sentence = (
            _("Read here after the closure was asked for, though a server had it before ({when}): {what}.")
            if before
            else _("Came after the closure was asked for ({when}): {what}.")
        )
        yield sentence.format(when=local(came.at), what=_(_CAME[came.what]).format(code=came.code))
    if found.first:
        yield _("Proposed by {first} on {when}.").format(first=found.first, when=local(found.at))
    if demo:
        yield _("The passphrases of a demonstration are published, so a signature proves nobody here.")
    else:
        yield from dict.fromkeys(map(_vouched, found.keys))  # one line for somebody who would sign alone
    if found.accounts:
        first, own = found.accounts
        yield _("Accounts of the database: proposed through {first}, signed through {own}.").format(
            first=first or _("an unknown one"), own=own
        )


_CAME: Final = {
    "alert": N_("the alert {code}"),
    "interview": N_("an interview"),
    "risk_up": N_("a visit that reports a growing risk"),
    "merged": N_("the case {code}, merged into it"),
}
"""What came to a case, in words."""


def _vouched(key: KeyGiven) -> str:
    """Return who gave a worker their passphrase, and when."""
    if key.by is None:
        return _(
            "{worker}: passphrase made with the workspace, never changed since. To change it: dikalo keys passphrase"
        ).format(worker=key.worker)
    if key.also:
        return _(
            "{worker}: passphrase of {when}; before that {givers} had replaced the one that {worker} had."
        ).format(worker=key.worker, when=local(key.at), givers=", ".join(sorted(key.also)))
    if key.own:
        return _("{worker}: passphrase set by themselves on {when}.").format(
            worker=key.worker, when=local(key.at)
        )
    return _("{worker}: passphrase given by {giver} on {when}.").format(
        worker=key.worker, giver=key.by, when=local(key.at)
    )


def _decide(by: By, code: str, reason: str, *, withdraw: bool) -> tuple[dict[str, Any], str]:
    if closure_waits(by.rows, code):
        moved = move(by, code, "follow_up" if withdraw else "closed", reason=reason)
        state = label("case_state", moved.now)
        told = _('Case {code} is now "{state}".')
        return (
            {"code": moved.code, "decision": "case.move", "state": moved.now},
            told.format(code=moved.code, state=state),
        )
    if withdraw:
        gone = take_back(by, code, reason)
        told = _("The proposal {id} for {code} is taken back.")
        document = {"code": gone.what, "decision": gone.decision, "state": "withdrawn"}
        return document, told.format(id=gone.id, code=gone.what)
    done = sign(by, code)
    told = _("{code}: decided by {first} and {second}.")
    document = {"code": done.what, "decision": done.decision, "state": "signed"}
    return document, told.format(code=done.what, first=done.first, second=done.second)


def _list(shell: Shell) -> None:
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
