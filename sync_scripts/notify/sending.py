"""The one way out: a message to one address through Apprise. Knows no register, and writes no address anywhere.

Apprise's own logging is switched off while it works, because an address holds secrets. A proxy or a password file that
the environment names is not used: only what the address says counts.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeAlias

from sync_scripts.errors import UsageProblem

__all__ = [
    "AddressOfSeveral",
    "AddressUnsuitable",
    "AppriseMissing",
    "Deliver",
    "Outcome",
    "deliver",
    "receivers",
]

Outcome: TypeAlias = Literal["delivered", "failed", "no match"]
Deliver: TypeAlias = Callable[[str, str, str], Outcome]
"""Sends title and text to an address."""

_PROXIES: Final = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")


AppriseMissing: Final = UsageProblem.declare(
    "DK-N11",
    'The library that sends messages is not installed. Nothing was sent; what waits is kept. Install "dikalo[notify]" '
    "and run the command again.",
)
AddressUnsuitable: Final = UsageProblem.declare(
    "DK-N12",
    "This is no address to which a message can be sent. Nothing was kept. It is written as Apprise reads it, such as "
    "mailtos://user:password@example.org?to=somebody@example.org or ntfys://example.org/topic.",
)
AddressOfSeveral: Final = UsageProblem.declare(
    "DK-N15",
    "This address has {count} receivers. Where one of them cannot be reached, the others would get the same message again at "
    "every try, so nothing was kept. Give each receiver a [[notify]] of its own in dikalo.toml, and each its address.",
)


def receivers(address: str) -> int:
    """Return how many receivers an address reaches, as far as it says so; 0 of what is no address.

    Raises:
        AppriseMissing: nothing can be sent here.
    """
    with _silent():
        made, known = _addressed(address)
        return sum(max(1, len(one)) for one in made) if known else 0


def deliver(address: str, title: str, text: str) -> Outcome:
    """Send one message to one address, and say what became of it; nothing is raised by whoever is at the other end.

    Raises:
        AppriseMissing: nothing can be sent here.
    """
    with _silent():
        made, known = _addressed(address)
        if not known:
            return "no match"
        try:
            done = made.notify(body=text, title=title, body_format="text")
        except Exception:  # noqa: BLE001 - every service has errors of its own, and their text may hold the address
            return "failed"
        if done:
            return "delivered"
        return "no match" if getattr(getattr(done, "status", ""), "name", "") == "NOMATCH" else "failed"


def _addressed(address: str) -> tuple[Any, bool]:
    """Return Apprise with one address, and whether it knows it; one object an address, so that none is sent twice."""
    try:
        from apprise import Apprise, AppriseAsset, PersistentStoreMode
    except ImportError:
        raise AppriseMissing from None
    asset = AppriseAsset(
        plugin_paths=[],
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
        app_id="dikalo",
        app_desc="dikalo",
        app_url="",
        async_mode=False,
        http_redirects=False,
        pem_autogen=False,
        pgp_autogen=False,
        image_url_mask="",
    )
    made = Apprise(asset=asset)
    try:
        return made, bool(made.add(address))
    except Exception:  # noqa: BLE001 - an address that its parser chokes on is no address
        return made, False


@contextmanager
def _silent() -> Iterator[None]:
    """Let nothing be logged, and let no environment say where messages go."""
    kept = dict(os.environ)
    raised, logging.root.manager.disable = logging.root.manager.disable, logging.CRITICAL
    for name in [name for name in os.environ if name.lower() in _PROXIES]:
        del os.environ[name]
    os.environ |= {"NO_PROXY": "*", "no_proxy": "*", "NETRC": os.devnull}
    try:
        with warnings.catch_warnings():  # of old Pythons in one of its two hundred services, and none of ours
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.root.manager.disable = raised
        os.environ.clear()
        os.environ.update(kept)
