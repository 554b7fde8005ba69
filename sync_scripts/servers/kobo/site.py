"""A whole KoboToolbox, before anybody has logged in: is it one, and where do phones send to?"""

from __future__ import annotations

import msgspec

from sync_scripts.errors import DikaloError
from sync_scripts.servers.http import Call, Client

__all__ = ["is_kobo", "openrosa"]


class _Said(msgspec.Struct, frozen=True):
    """What the server says of itself to strangers; the address is missing where something else answers."""

    open_rosa_server: str = ""


def is_kobo(client: Client) -> bool:
    """Tell whether the API of a KoboToolbox answers there; no credential is sent.

    Raises:
        Unreachable: nothing answers, or not so that anything could be told.
    """
    return bool(openrosa(client))


def openrosa(client: Client) -> str:
    """Return the address that phones use, "" where no KoboToolbox says one; no credential is sent.

    Raises:
        Unreachable: nothing answers.
    """
    answer = client.answer(Call("/api/v2/environment/", accept=(400, 401, 403, 404, 405), anonymous=True))
    if answer.status != 200:
        return ""
    try:
        return answer.json(_Said).open_rosa_server
    except DikaloError:
        return ""
