"""A form read back from a server: the workbook of one version that it serves. Asks only; keeps nothing.

A Central gives every version that was ever published, byte for byte. A KoboToolbox gives the present one as it writes
it; what it served before is not known.
"""

from __future__ import annotations

from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo

__all__ = ["book"]


def book(server: Server, form: str, version: str) -> tuple[bytes, bool] | None:
    """Return the workbook of a version, and whether the server says that phones encrypt it.

    None = the server does not give it. A workbook may bear a key although the server says nothing.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        raw = server.project.workbook_of(form, version)
        return None if raw is None else (raw, False)
    if isinstance(server, Kobo):
        detail = server.account.detail(form)
        if detail is not None and version == detail.version_id == detail.deployed_version_id:
            return server.account.workbook(form), detail.encrypted
    return None
