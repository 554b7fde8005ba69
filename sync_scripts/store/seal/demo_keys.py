"""The keys of demonstrations. They are published: here they stand, for everybody to read. Never for real data.

The mark of a demonstration is authenticated with its key slot and stored in its register, so that no workspace under
these keys can become a real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sync_scripts.secrets.slots import MEMORY_KIB, Kdf, Slot
from sync_scripts.store.errors import DemoAndRealMixed
from sync_scripts.store.seal.sealed_items import Holder, Identity

DAY_PASSPHRASE: Final = "dikalo demo"  # noqa: S105 - published on purpose
VAULT_PASSPHRASE: Final = "dikalo demo coffre"  # noqa: S105 - published on purpose
WORK: Final = Kdf(m_kib=MEMORY_KIB[0], t=1)
"""The least work allowed: nothing is secret here."""

IDENTITIES: Final[dict[Holder, Identity]] = {
    "V": Identity(
        "AGE-SECRET-KEY-1F4EGYC3ZYXRUCCNXFZST95CMQDFKYXV6Y58A7HJ4JLZ9VVCHFH5QM5UMWL",
        "age1xsmnzvefp5fr3h57xcr5xpsqpd2eu5z390w5p046a4vw49zh7f2s4w58wl",
    ),
    "R": Identity(
        "AGE-SECRET-KEY-1ACP582MXEFQRNZL7SYJ8JXG8N9N0UKAXMCE5RTC2F8V0AEG57GMSTMQV0U",
        "age1tufhu53r0tn0c6j3auspl3ushd9nd9mtmyx8mrq48jf5rfkfay6s89vgzu",
    ),
    "O": Identity(
        "AGE-SECRET-KEY-19L9YXC456JX80FSJG0FTKKLWHYY84P5L5FZ063KA8MAPXG82N2AQ3J47PX",
        "age1748t29xg9z9py85z34gr3ad3gxl9ecq9qg23kt7z7v6fveu5epwsxjqy0e",
    ),
}

HOLDERS: Final = frozenset((holder, key.public) for holder, key in IDENTITIES.items())
"""A demonstration seals for nobody else."""


def opens(found: Sequence[Slot]) -> bool:
    """Tell whether a workspace opens by the published passphrase: one such slot beside real ones is a forged one.

    Raises:
        DemoAndRealMixed: some slots say so and some do not.
    """
    marks = {slot.demo for slot in found}
    if len(marks) > 1:
        raise DemoAndRealMixed
    return True in marks
