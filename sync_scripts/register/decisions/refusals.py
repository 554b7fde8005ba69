"""Why a decision that needs two people, or a proof of who decides, is not taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, Attention, NotAllowed, UsageProblem

__all__ = ["OwnKeyMissing", "ProposalStale", "ProposalUnknown", "ProposalWaits"]


@dataclass(eq=False, kw_only=True)
class OwnKeyMissing(NotAllowed):
    """A code that is only typed counts for nobody."""

    what: str
    code: ClassVar[str] = "DK-R32"
    message: ClassVar[str] = N_(
        "{what} needs two people, and a code that is only typed proves nobody. Nothing was changed. Leave --as out: each of "
        "the two signs in with a passphrase of their own (dikalo keys worker)."
    )


@dataclass(eq=False, kw_only=True)
class ProposalUnknown(UsageProblem):
    """Nothing waits for a second person under this code."""

    what: str
    code: ClassVar[str] = "DK-R33"
    message: ClassVar[str] = N_(
        "Nothing under {what} waits for a second person. Nothing was changed. dikalo approve list shows what waits."
    )


@dataclass(eq=False, kw_only=True)
class ProposalWaits(Attention):
    """The same decision was proposed already."""

    what: str
    proposal: str
    first: str
    code: ClassVar[str] = "DK-R34"
    message: ClassVar[str] = N_(
        "{first} proposed this for {what} already, and it waits for a second person ({proposal}). Nothing was changed. Let "
        "somebody else sign it with dikalo approve {proposal}, or take it back with dikalo approve {proposal} --withdraw."
    )


@dataclass(eq=False, kw_only=True)
class ProposalStale(Attention):
    """What was proposed was proposed of something that has changed."""

    what: str
    proposal: str
    code: ClassVar[str] = "DK-R35"
    message: ClassVar[str] = N_(
        "{what} has changed since {proposal} was proposed, so the first person decided on something else. Nothing was "
        "changed. Look at it again; then take the proposal back with dikalo approve {proposal} --withdraw and propose anew."
    )
