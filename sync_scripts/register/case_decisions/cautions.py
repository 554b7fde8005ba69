"""What somebody should know before they refer a person or sign: about the provider, the name, and who gave the keys. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from gettext import gettext as _
from typing import Any

from sqlalchemy import select

from sync_scripts.register.case_decisions.case_facts import critical_tasks
from sync_scripts.register.consents.doors import identity_goes, kept_from
from sync_scripts.register.decisions.authority import KeyGiven, key_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of
from sync_scripts.register.decisions.guard_facts import Came, came_since
from sync_scripts.register.decisions.levels import highest_ever
from sync_scripts.register.decisions.proposals import closure_waits, closures, find
from sync_scripts.register.directory.providers import listed, stale
from sync_scripts.register.history.merges import danger_behind, merged_in
from sync_scripts.register.history.visibility import undecided
from sync_scripts.register.lifecycle.replay import case_now
from sync_scripts.register.model import codes
from sync_scripts.register.model.errors import ShownChanged
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import labels
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def about_provider(by: By, provider: str | None) -> Iterator[str]:
    """Yield that a provider was not checked for so long that a call should come first."""
    wanted = (provider or "").strip().upper()
    for one in listed(by.rows):
        if one["provider_code"].upper() == wanted and stale(one["verified_on"], local_day(by.now, load())):
            told = _(
                "Nobody checked {provider} for {days} days: call before you send anybody there (dikalo providers verify {provider})."
            )
            yield told.format(provider=one["provider_code"], days=load().case.provider_stale_d)


def about_person(by: By, case_code: str, intervention: str) -> Iterator[str]:
    """Yield from whom the person served wants it kept, and that the identity does not go along where it must not."""
    kept = kept_from(by.rows, case_code, intervention)
    if kept:
        yield _("The person wants it kept from: {whom}. Mind who picks up the phone.").format(
            whom=labels("withhold_from", " ".join(kept))
        )
    if identity_goes(by.rows, case_code, intervention, by.now) is False:
        yield _("Refer without the identity: the person did not agree that it goes to this service.")


@dataclass(frozen=True, slots=True)
class ToSign:
    """What waits for a second person.

    Attributes:
        decision: op of the event that a signature writes; ``case.move`` for a closure.
        what: code of the alert or case.
        state, urgency: as it stands now.
        said: what was typed, or for a closure what is known of it.
        first: who proposed it, None where nobody is known.
        proof: how that was proved.
        at: when.
        keys: of whoever proposed it, and of whoever would sign.
        highest: of an alert, the highest level that it ever had.
        accounts: of a database server, through which it was proposed (None = not known) and would be signed; empty
            where the register is a file.
        merged: of a closure, the cases merged into this one, each with how many critical tasks are open in it.
        came: of a closure, what came since it was asked for: it has to be asked for again.
        others: of a closure, what phones ask for besides, which a signature does not decide: reason and when it came.
        proposal: its id; of a closure, by which request it was asked for.
        seen: what stood when it was proposed.
    """

    decision: str
    what: str
    state: str
    urgency: str | None
    said: Mapping[str, Any]
    first: str | None
    proof: str | None
    at: str | None
    keys: tuple[KeyGiven, ...]
    highest: str | None = None
    accounts: tuple[str | None, ...] = ()
    others: tuple[Mapping[str, Any], ...] = ()
    merged: Mapping[str, int] = field(default_factory=dict)
    came: tuple[Came, ...] = ()
    proposal: str | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)


def require_shown(by: By, text: str, shown: ToSign) -> None:
    """Let a signature pass that decides exactly what its person was shown; on a shared register others go on meanwhile.

    Args:
        by: the second person, in the transaction that decides.
        text: what was asked for.
        shown: what `to_sign` said of it before.

    Raises:
        ProposalUnknown: nothing waits under it any more.
        ShownChanged: something else waits, or it stands otherwise now.
    """
    if to_sign(by.rows, text, by.actor.code) != shown:
        raise ShownChanged(what=text.strip())


def to_sign(rows: Rows, text: str, signer: str) -> ToSign:
    """Return what waits under the id of a proposal, or the code of an alert or case.

    Raises:
        ProposalUnknown: nothing waits under it.
    """
    if closure_waits(rows, text):
        code = codes.read(text, "DK")
        said = next(one for one in closures(rows) if one["code"] == code)
        keys = _keys(rows, said["by"], signer)
        reason = {"closure_reason": said["reason"], **_kept_as(rows, said["code"], said["request"])}
        state, urgency = _stands(rows, said["code"])
        merged = merged_in(rows, said["code"])
        now = case_now(store_events.read(rows, subjects=[f"case:{said['code']}"]))
        return ToSign(
            decision="case.move",
            what=said["code"],
            state=state,
            urgency=urgency,
            said=reason,
            first=said["by"],
            proof=said["proof"],
            at=said["at"],
            keys=keys,
            accounts=_accounts(rows, said["account"]),
            others=tuple(undecided(rows, said["code"], said["request"])),
            merged={one: critical_tasks(rows, [one]) for one in merged},
            came=tuple(came_since(rows, [said["code"], *merged], now)),
            proposal=said["request"],
        )
    found = find(rows, text)
    keys = _keys(rows, found.first.code, signer)
    state, urgency = _stands(rows, found.what)
    return ToSign(
        found.decision,
        found.what,
        state,
        urgency,
        found.said,
        found.first.code,
        found.first.proof,
        found.at,
        keys,
        highest_ever(rows, alert_of(rows, found.what)) if codes.read(found.what, "AL") else None,
        _accounts(rows, found.account),
        proposal=found.id,
        seen=found.seen,
    )


def _kept_as(rows: Rows, code: str, request: str | None) -> dict[str, str]:
    """Return how long a case would be kept once it is closed, where the form that asks for it says so and nobody decided."""
    case, closure, filing = tables.case.c, tables.closure.c, tables.filing.c
    stamp, slash, root = (request or "").removeprefix("closure:").rpartition("/")
    if not slash:
        return {}
    asked = (
        select(closure.retention_class)
        .join(tables.filing, filing.filing_no == closure.filing_no)
        .join(tables.case, case.case_code == code)
        .where(filing.stamp == stamp, filing.root_id == root, case.retention_class.is_(None))
    )
    found = rows.execute(asked).scalar()
    return {"retention_class": found} if found else {}


def _accounts(rows: Rows, first: str | None) -> tuple[str | None, ...]:
    return () if rows.account is None else (first, rows.account)


def _keys(rows: Rows, first: str | None, signer: str) -> tuple[KeyGiven, ...]:
    return tuple(key_of(rows, one) for one in (first, signer) if one)


def _stands(rows: Rows, code: str) -> tuple[str, str | None]:
    """Return state and level of an alert or a case."""
    alert, case = tables.alert.c, tables.case.c
    asked = (
        select(case.state, case.level).where(case.case_code == code)
        if code.startswith("DK")
        else select(alert.state, alert.level).where(alert.code == code)
    )
    row = rows.execute(asked).one()
    return row.state, danger_behind(rows, [code]).get(code, row.level)
