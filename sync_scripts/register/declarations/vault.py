"""What people decide on what is sealed, declared: that a second person be asked to agree that it is opened. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.opening_asked import Taken, ask_opening, take_back
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.proposals import Proposal
from sync_scripts.register.declarations import CODE, Declaration, always, flag, named
from sync_scripts.register.history import open_proposals
from sync_scripts.register.rules.ruleset import load

__all__ = ["ASK"]


def _ask(by: By, code: str, *, withdraw: bool, reason: str) -> Proposal | Taken:
    return (take_back if withdraw else ask_opening)(by, code, reason=reason)


def _agreed_then(done: Any) -> Iterable[str]:
    if isinstance(done, Taken):
        yield gettext("Nothing is opened by it any more.")
        return
    yield gettext(
        "Somebody else agrees with a passphrase of their own: dikalo approve {proposal}. From then on one of you two may open it "
        "for {hours} hours, for this reason."
    ).format(proposal=done.id, hours=load().case.opening_by_two_h)


ASK: Final = Declaration(
    name="vault ask",
    decide=_ask,
    writes=(open_proposals.WITHDRAW,),
    schema="dikalo.vault-ask/1",
    about="what",
    shows=named(
        code="what",
        proposal="id",
        state=lambda done: "withdrawn" if isinstance(done, Taken) else "waits",
    ),
    draws=("proposal",),
    typed=False,
    own_hand=always,
    anyone=always,
    next_step=_agreed_then,
    arguments=(
        CODE,
        flag("withdraw", N_("Take back what was asked, or agreed already.")),
    ),
)
