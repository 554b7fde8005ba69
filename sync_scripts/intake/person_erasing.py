"""A person is erased, declared: what identifies her is gone at once; where others stand in the case, she alone is taken out.

Opens nothing: where she alone is taken out, it is handed the opened bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext
from typing import Any, Final, Protocol

from sync_scripts.errors import N_
from sync_scripts.intake.redacting import Done, Raws, redact
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import (
    CODE,
    Declaration,
    Said,
    always,
    not_both,
    option,
    place,
    switch,
)
from sync_scripts.register.history.visibility import require_sight
from sync_scripts.register.purging.parting import CameMeanwhile
from sync_scripts.register.purging.person import erase_person, redaction, shared
from sync_scripts.register.purging.redaction import Redaction, Texts
from sync_scripts.store.database import Actor, Register


class Opened(Protocol):
    """The exact bytes of the forms, opened."""

    @property
    def raws(self) -> Raws:
        """Return them by scope and instance id."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What was worked out before anybody was asked: what is taken out where others stand in the case; None where all goes."""

    register: Register
    plan: Redaction | None


def _look(register: Register, actor: Actor, said: Said, now: datetime) -> Seen:
    """Refuse what may not be before anything is asked or opened."""
    with register.reading() as rows:
        require_sight(rows, actor, said["code"])
        if not shared(rows, said["code"], said["who"]):
            return Seen(register, None)
        return Seen(register, _planned(By(rows, actor, now), said))


def _planned(by: By, said: Said) -> Redaction:
    texts = Texts(frozenset(said["also"]), said["keep"])
    return redaction(by, said["code"], said["who"], texts, reason=said["reason"])


def _erase(
    by: By, code: str, who: str | None, *, reason: str, seen: Seen, opened: Opened | None, **said: Any
) -> Mapping[str, Any]:
    if seen.plan is not None:
        return _take_out(by, seen, seen.plan, opened, {"code": code, "who": who, "reason": reason, **said})
    done = erase_person(by, code, who, reason=reason)
    counts = ("submissions", "items", "files", "notices", "snapshots")
    return {"code": done.one.code, **{name: getattr(done, name) for name in counts}}


def _take_out(by: By, seen: Seen, plan: Redaction, opened: Opened | None, said: Said) -> Mapping[str, Any]:
    """Take one of several out; with nothing opened, say what would be."""
    if _planned(by, said) != plan:
        raise CameMeanwhile(case=plan.code)
    done = Done(plan.roots, len(plan.copies), plan.items, plan.files, 0)
    if opened is not None:
        done = redact(by, seen.register, plan, opened.raws, reason=said["reason"].strip())
    counts = ("submissions", "versions", "items", "files", "snapshots")
    return {
        "code": plan.code,
        "person": plan.who.pseudonym,
        **{name: getattr(done, name) for name in counts},
        "emptied": list(plan.also),
        "kept": list(plan.kept),
    }


def _told(done: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is erased, and what is not reached."""
    if "person" not in done:
        told = gettext(
            "{code}: erased ({items} sealed, {files} files). Its keys are struck when the vault is next opened: dikalo vault test. "
            "What was handed over, and what servers and phones still hold, is not reached from here: dikalo person shared {code}."
        )
        yield told.format_map(done)
        return
    told = gettext(
        "{code}: {person} is taken out, for good (forms: {submissions}, sealed: {items}, files: {files}). What others told stays."
    )
    yield told.format_map(done)
    if done["emptied"]:
        yield gettext("Emptied as well: {fields}.").format(fields=", ".join(done["emptied"]))
    if done["kept"]:
        told = gettext("Not emptied, though it is nobody's alone: {fields}.")
        yield told.format(fields=", ".join(done["kept"]))
    told = gettext(
        "What was handed over, and what servers and phones still hold, is not reached from here: dikalo person shared {code}. "
        "Later changes of these forms at a server or a phone no longer come in."
    )
    yield told.format_map(done)


ERASE: Final = Declaration(
    name="person erase",
    decide=_erase,
    writes=(),
    schema="dikalo.person-erased/1",
    own_hand=always,
    alone=True,
    looks=_look,
    effects=_told,
    final=N_("Erase this for good? Nobody can bring it back."),
    unasked=N_("Do not ask again on a terminal after showing what would be erased."),
    together=(
        not_both(
            ("also", "keep"),
            N_("Either --also with the fields that are emptied, or --keep-shared-texts."),
        ),
    ),
    arguments=(
        CODE,
        place("who", N_("[PERSON]"), required=False),
        option(
            "also",
            "A text or recording that is nobody's alone, to be emptied as well; once for each.",
            N_("FIELD"),
            several=True,
        ),
        switch("keep", "Leave all texts that are nobody's alone as they are.", option="keep-shared-texts"),
        option(
            "kind",
            "The vault passphrase, the recovery key on paper, or the organisation's key.",
            option="key",
            choices=("vault", "paper", "organisation"),
            default="vault",
        ),
    ),
)
"""Declared with a passphrase of one's own, while nothing else writes."""
