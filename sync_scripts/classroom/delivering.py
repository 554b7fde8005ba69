"""A filled form sent until it is taken: the same instance again while that may help, never once it is refused for good.

A server that fails half-way (KoboToolbox on a deadlock) may have taken the form or not: sent again under the same
instanceID it is answered 201 or 202, and is one submission. Which answers may pass: KoboToolbox's own list of 2026.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from sync_scripts.classroom.phone import Instance, Phone, Sent
from sync_scripts.clock import machine
from sync_scripts.servers.http.patience import retry_after

__all__ = ["TRIES", "deliver", "may_pass"]

TRIES: Final = 6
"""How often a form is sent in one go; a phone would go on at its next occasion."""
PAUSE_S: Final = 1.0
PAUSE_MAX_S: Final = 30.0
WAIT_MAX_S: Final = 300.0
"""A server that asks for a longer wait is left for now."""


def may_pass(status: int) -> bool:
    """Tell whether the same form may be taken later: nobody answered, it is busy with it, or it failed itself.

    >>> [may_pass(one) for one in (0, 423, 429, 500, 503)], [may_pass(one) for one in (202, 403, 409, 410)]
    ([True, True, True, True, True], [False, False, False, False])
    """
    return status in {0, 423, 429} or status >= 500


def _asked(sent: Sent) -> float:
    """Return how many seconds a server asks to wait, 0 when it does not."""
    return retry_after(sent.retry_after, date=sent.date, now=machine()) or 0.0


def deliver(
    phone: Phone,
    instance: Instance,
    *,
    split_after: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    dice: Callable[[], float] = random.random,
) -> Sent:
    """Send a filled form until it is taken or refused for good, or until it has been tried often enough.

    Args:
        phone: whose form it is.
        instance: what to send; every time the very same.
        split_after: as of `Phone.send`.
        sleep: waits so many seconds.
        dice: gives 0 to 1, so that many phones do not come back together.
    """
    sent = phone.send(instance, split_after=split_after)
    for tried in range(1, TRIES):
        wait_s = dice() * min(PAUSE_MAX_S, PAUSE_S * 2 ** (tried - 1)) + _asked(sent)
        if not may_pass(sent.status) or wait_s > WAIT_MAX_S:
            return sent
        sleep(wait_s)
        sent = phone.send(instance, split_after=split_after)
    return sent
