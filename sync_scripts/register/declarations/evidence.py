"""What people decide on evidence, declared: where it is by now, and of what it is the redacted copy."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_
from sync_scripts.register.case_decisions.facts import Settled, move_evidence, set_redacted
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import CODE, Declaration, named, one_of, option, place


def _move(
    by: By,
    code: str,
    item: str,
    state: str | None,
    *,
    purpose: str | None,
    receiver: str | None,
    original: str | None,
    reason: str,
) -> Settled:
    if original is not None:
        return set_redacted(by, code, item, original)
    return move_evidence(by, code, item, state or "", reason=reason, purpose=purpose, receiver=receiver)


MOVE: Final = Declaration(
    name="evidence move",
    decide=_move,
    writes=("evidence.move", "evidence.redacted"),
    schema="dikalo.evidence-moved/1",
    shows=named("code", "was", "now", evidence="name"),
    together=(
        one_of(("state", "original"), N_("Give the state, or --redacted-from with the original.")),
        one_of(
            ("receiver",),
            N_("Say with --to to whom it was given: it is written down."),
            when=lambda said: said["state"] == "shared",
        ),
    ),
    arguments=(
        CODE,
        place("item", "E1"),
        place(
            "state",
            N_("[STATE]"),
            choices=("sealed", "working_copy", "shared", "retained", "purged"),
            required=False,
        ),
        option("purpose", "For what it is shared: justice, un, advocacy, media.", N_("PURPOSE")),
        option(
            "receiver", "To whom it was given; needed for shared.", N_("RECEIVER"), option="to", kind="plain"
        ),
        option("original", "It is the redacted copy of this one.", "E2", option="redacted-from"),
    ),
)
