"""The log as one reads it: what was decided, opened and done at servers, of all or of one alert or case, in the order of time.

Reads levels 0 to 2, opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import gettext
from operator import itemgetter
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.model.listings import Column, Listing, not_proved
from sync_scripts.register.queries.event_words import told_line
from sync_scripts.register.queries.openings import openings
from sync_scripts.register.queries.submissions import server_deeds
from sync_scripts.register.queries.tasks import beside_events
from sync_scripts.register.rules.ruleset import local
from sync_scripts.store.database import Actor, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """What one person, or one account at a server, did once.

    Attributes:
        at: when, as text.
        op: what, as the event is called.
        hand: of a code that was only typed, whose key it was typed with, where that is known.
        about: the codes that it is about.
        hidden: it was done in a C4 case that whoever reads does not see.
        not_needed: the kinds of task that it left without a purpose.
        words: what was done, in the language that is spoken.
    """

    at: str
    op: str
    workspace: str
    proof: str
    hand: str | None
    account: str | None
    seq: int
    actor: str
    about: str
    hidden: bool
    payload: Mapping[str, Any]
    not_needed: list[str]
    words: str


def hand_words(actor: str, proof: str, hand: str | None) -> str:
    """Return whose code a decision stands under; of one that was only typed, also whose hand it was, where that is known."""
    if proof != "claimed" or hand is None:
        return not_proved(actor) if proof == "claimed" else actor
    return gettext("{code} (not proved, typed with the key of {hand})").format(code=actor, hand=hand)


LOG: Final = Listing(
    "dikalo.log/1",
    "events",
    (
        Column("at", N_("when"), local),
        Column("actor", N_("who"), lambda one: hand_words(one.actor, one.proof, one.hand), whole=True),
        Column("about", N_("about")),
        Column("words", N_("what")),
    ),
    N_("Nothing was decided yet."),
    uncut=True,
)
PAGE: Final = (
    Column("at", N_("when"), local),
    Column(
        "actor", N_("who"), lambda one: hand_words(one["actor"], one["proof"], one.get("hand")), whole=True
    ),
    Column("op", N_("what"), told_line, whole=True),
)
"""The history on the page of an alert or a case."""


def log(rows: Rows, code: str | None, actor: Actor, since: str | None = None) -> list[LogLine]:
    """Return what was done, the oldest first, as one person sees it.

    Args:
        rows: where from.
        code: of an alert or a case; everything without it.
        actor: who reads.
        since: instant as text from which on.

    Raises:
        AlertUnknown, CaseUnknown: there is none of that code.
    """
    every = [
        part for of in (logbook, openings, server_deeds) for part in of(rows, code, since=since, actor=actor)
    ]
    lines = beside_events(rows, code, actor, sorted(every, key=itemgetter("at")))
    return [LogLine(**one, words=told_line(one)) for one in lines]
