"""Forms read back from a server: the workbooks of the versions it serves. Asks only; keeps nothing.

A Central gives every version that was ever published, byte for byte. A KoboToolbox gives the present one as it writes
it; what it served before is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo

__all__ = ["books"]


def books(server: Server, form: str, known: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield version and workbook of those versions of a form that are not ``known``.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        yield from _central(server, form, known)
    elif isinstance(server, Kobo):
        yield from _kobo(server, form, known)


def _central(server: Central, form: str, known: Collection[str]) -> Iterator[tuple[str, bytes]]:
    for one in server.project.form_versions(form):
        version = one.version or ""
        if version in known:
            continue
        raw = server.project.workbook_of(form, version)
        if raw is not None:
            yield version, raw


def _kobo(server: Kobo, form: str, known: Collection[str]) -> Iterator[tuple[str, bytes]]:
    detail = server.account.detail(form)
    if detail is None or detail.version_id in known:
        return
    if detail.deployed_version_id == detail.version_id:  # else phones have another one than the server shows
        yield detail.version_id, server.account.workbook(form)
