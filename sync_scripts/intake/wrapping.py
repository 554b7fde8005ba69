"""What is said of a submission that came encrypted: how it was opened, or why it is not. Values only."""

from __future__ import annotations

import base64
from typing import Any, Final, Literal

import msgspec

__all__ = ["BROKEN", "CLEAR", "PROVISIONAL", "Locked", "Reason", "Wrapped"]

State = Literal["whole", "provisional", "beside"]
"""``whole`` = signature checked over all files; ``provisional`` = the XML alone, before its files came; ``beside`` =
whole, and unencrypted files lay beside it."""
PROVISIONAL: Final = "provisional"
CLEAR: Final = "clear"
"""It came in the clear, of a version that phones should have encrypted."""
BROKEN: Final = "broken"
"""Opened provisionally, and its signature does not fit now that its files are there."""
Reason = Literal["vault", "key", "files"]
"""Why a submission waits: a person with the vault opens it; its key is not here; its files have not all come."""


class Wrapped(msgspec.Struct, frozen=True):
    """How a submission was opened. With the plain XML this proves what was received: encrypting is deterministic.

    Attributes:
        manifest: the bytes that the server gave in place of the submission.
        aes_key: the key of this one submission.
        state: how far it may be believed.
    """

    manifest: bytes
    aes_key: bytes
    state: State

    def document(self) -> dict[str, Any]:
        """Return what is sealed beside the submission."""
        return {
            "aes_key": base64.b64encode(self.aes_key).decode(),
            "manifest": base64.b64encode(self.manifest).decode(),
        }

    def __repr__(self) -> str:
        """Say how it was opened; never the key."""
        return f"Wrapped({self.state})"


class Locked(msgspec.Struct, frozen=True):
    """A submission that is not opened now.

    Attributes:
        reason: why.
        form, version, instance_id: as its manifest says.
    """

    reason: Reason
    form: str
    version: str
    instance_id: str
