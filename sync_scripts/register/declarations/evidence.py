"""What people decide on evidence, declared: where it is by now, and of what it is the redacted copy."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_
from sync_scripts.register import decisions
from sync_scripts.register.decisions import By, Settled
from sync_scripts.register.declarations import CODE, Argument, Declaration, Together

__all__ = ["MOVE"]


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
        return decisions.set_redacted(by, code, item, original)
    return decisions.move_evidence(
        by, code, item, state or "", reason=reason, purpose=purpose, receiver=receiver
    )


MOVE: Final = Declaration(
    name="evidence move",
    decide=_move,
    writes=("evidence.move", "evidence.redacted"),
    schema="dikalo.evidence-moved/1",
    shows={"code": "code", "evidence": "name", "was": "was", "now": "now"},
    together=(
        Together(("state", "original"), 1, 1, N_("Give the state, or --redacted-from with the original.")),
        Together(
            ("receiver",),
            1,
            1,
            N_("Say with --to to whom it was given: it is written down."),
            when=("state", "shared"),
        ),
    ),
    arguments=(
        CODE,
        Argument(name="item", shown="E1", required=True),
        Argument(
            name="state",
            choices=("sealed", "working_copy", "shared", "retained", "purged"),
            shown=N_("[STATE]"),
        ),
        Argument(
            name="purpose",
            shown=N_("PURPOSE"),
            help=N_("For what it is shared: justice, un, advocacy, media."),
        ),
        Argument(
            name="receiver",
            option="to",
            kind="plain",
            shown=N_("RECEIVER"),
            help=N_("To whom it was given; needed for shared."),
        ),
        Argument(
            name="original",
            option="redacted-from",
            shown="E2",
            help=N_("It is the redacted copy of this one."),
        ),
    ),
)
