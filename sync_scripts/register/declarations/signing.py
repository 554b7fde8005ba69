"""What a second person decides, declared: a proposal or a closure is signed, or taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from gettext import gettext
from typing import Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.cautions import ToSign, require_shown, to_sign
from sync_scripts.register.case_decisions.moves import move
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.proposals import closure_waits, sign
from sync_scripts.register.decisions.proposals import withdraw as take_back
from sync_scripts.register.declarations import Declaration, Said, always, named, place, switch
from sync_scripts.register.queries.signing import to_sign_lines
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.database import Actor, Register


@dataclass(frozen=True, slots=True)
class _Approved:
    """What became of it: the alert or case, what was decided, where it stands now, what was read before, and the sentence."""

    code: str
    decision: str
    state: str
    signed: ToSign
    sentence: str


def _look(register: Register, actor: Actor, said: Said, _now: datetime) -> ToSign:
    with register.reading() as rows:
        return to_sign(rows, said["code"], actor.code)


def _approve(by: By, code: str, *, withdraw: bool, reason: str, seen: ToSign) -> _Approved:
    require_shown(by, code, seen)
    if closure_waits(by.rows, code):
        moved = move(by, code, "follow_up" if withdraw else "closed", reason=reason)
        told = gettext('Case {code} is now "{state}".').format(
            code=moved.code, state=label("case_state", moved.now)
        )
        return _Approved(moved.code, "case.move", moved.now, seen, told)
    if withdraw:
        gone = take_back(by, code, reason)
        told = gettext("The proposal {id} for {code} is taken back.").format(id=gone.id, code=gone.what)
        return _Approved(gone.what, gone.decision, "withdrawn", seen, told)
    done = sign(by, code)
    told = gettext("{code}: decided by {first} and {second}.").format(
        code=done.what, first=done.first, second=done.second
    )
    return _Approved(done.what, done.decision, "signed", seen, told)


def _told(done: _Approved) -> Iterable[str]:
    yield done.sentence


APPROVE: Final = Declaration(
    name="approve",
    decide=_approve,
    writes=(),
    schema="dikalo.approved/1",
    shows=named("code", "decision", "state", signed=lambda done: asdict(done.signed)),
    arguments=(
        place("code", N_("[CODE]"), required=False, default="list"),
        switch("withdraw", "Take the proposal back, or refuse the closure (with --reason)."),
    ),
    asked=("code",),
    typed=N_("Only in a demonstration, where every passphrase is published: play this second person."),
    own_hand=always,
    anyone=always,
    looks=_look,
    seen=to_sign_lines,
    final=lambda said: "" if said["withdraw"] else N_("Sign this?"),
    unasked=N_("Do not ask again on a terminal after showing what would be signed."),
    effects=_told,
)
