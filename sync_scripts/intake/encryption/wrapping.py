"""What is said of a submission that came encrypted: how it was opened, or why it is not. Values only."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from sync_scripts.intake.encryption.encrypted import Manifest, Refusal

__all__ = [
    "BROKEN",
    "CLEAR",
    "MANAGED",
    "PROVISIONAL",
    "Disbelieved",
    "Locked",
    "Reason",
    "Wrapped",
    "managed",
]

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


MANAGED: Final = "[encrypted:"
"""Stands in a version that ODK Central made by itself for a form that it encrypts with a key of its own."""
_MANAGED: Final = re.compile(r"\[encrypted:[A-Za-z0-9+/=]+\]$")


def managed(version: str) -> bool:
    """Tell whether only the server can open what was filled in with a version of a form: it never hands its key out.

    >>> managed("2026110101[encrypted:AaIR7U95]"), managed("2026110101")
    (True, False)
    """
    return _MANAGED.search(version) is not None


class Wrapped(msgspec.Struct, frozen=True):
    """How a submission was opened. With the plain XML this proves what was received: encrypting is deterministic.

    Attributes:
        manifest: the bytes that the server gave in place of the submission.
        aes_key: the key of this one submission.
        state: how far it may be believed.
        brief: its files are at the source and are asked for later in the same run.
    """

    manifest: bytes
    aes_key: bytes
    state: State
    brief: bool = False

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
        brief: its files are at the source and are asked for later in the same run.
    """

    reason: Reason
    form: str
    version: str
    instance_id: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Disbelieved:
    """An encrypted submission that cannot be opened or believed; ``manifest`` is None when not even that could be read."""

    refusal: Refusal
    manifest: Manifest | None = None
