"""What people decide on what is kept, declared: a plan of erasure confirmed; that a second person agree to an opening. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import gettext, ngettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.openings import Taken, ask_opening, take_back
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.proposals import Proposal
from sync_scripts.register.declarations import CODE, Declaration, always, named, none_of, option, switch
from sync_scripts.register.history import visibility
from sync_scripts.register.history.erasures import CONFIRM as CONFIRMED
from sync_scripts.register.purging import confirming
from sync_scripts.register.rules.ruleset import load


def _confirm(
    by: By, *, name: str, reason: str, without: tuple[str, ...], reviewed: tuple[str, ...]
) -> dict[str, Any]:
    left_out, looked_at = ([one.strip().upper() for one in some] for some in (without, reviewed))
    done = confirming.confirm(by, name, reason=reason, without=left_out, reviewed=looked_at)
    return {"plan": done[0].plan, "units": [confirming.shown(one) for one in done]}


def _then_run(done: Mapping[str, Any]) -> Iterable[str]:
    yield ngettext(
        "{n} is confirmed. It is erased by: dikalo retention run.",
        "{n} are confirmed. They are erased by: dikalo retention run.",
        len(done["units"]),
    ).format(n=len(done["units"]))


CONFIRM: Final = Declaration(
    name="retention plan",
    decide=_confirm,
    writes=(CONFIRMED,),
    schema="dikalo.retention-confirmed/1",
    about="plan",
    shows=named("plan", "units"),
    asked=("name",),
    own_hand=always,
    effects=_then_run,
    together=(
        none_of(
            ("reason", "without", "reviewed"),
            N_("--reason, --without and --reviewed go with --confirm PLAN."),
            when=lambda said: said["name"] is None,
        ),
    ),
    arguments=(
        option("name", "Confirm the plan of this name.", N_("PLAN"), option="confirm"),
        option("without", "Leave this one out. May be repeated.", N_("CODE"), several=True),
        option(
            "reviewed",
            "You looked at this one, which asks for a review first. May be repeated.",
            N_("CODE"),
            several=True,
        ),
    ),
)


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
    writes=(visibility.WITHDRAW,),
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
        switch("withdraw", "Take back what was asked, or agreed already."),
    ),
)
