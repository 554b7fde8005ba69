"""A form read back from a server: the workbook of one version that it serves. Asks only; keeps nothing.

A Central gives every version that was ever published, byte for byte. A KoboToolbox gives the present one as it writes
it; what it served before is not known.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sync_scripts.servers.base import Server
from sync_scripts.servers.central import Central
from sync_scripts.servers.kobo import Kobo

__all__ = ["book", "listed", "published"]


def listed(server: Server, form: str) -> frozenset[str]:
    """Return the versions of a form that the server can be asked about, by its own word.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        return frozenset(one.version or "" for one in server.project.form_versions(form))
    if isinstance(server, Kobo):
        detail = server.account.detail(form)
        if detail is not None and detail.version_id == detail.deployed_version_id:
            return frozenset({detail.version_id})
    return frozenset()


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


def published(server: Server, form: str, version: str) -> datetime | None:
    """Return when a version was given to phones, by the server's own clock; None = the server does not say.

    Raises:
        NotAllowed, Unreachable: as the server answers.
    """
    if isinstance(server, Central):
        versions = [one for one in server.project.form_versions(form) if (one.version or "") == version]
        stamps = [one.published_at or None for one in versions]
    elif isinstance(server, Kobo):
        detail = server.account.detail(form)
        stamps = (
            [one.date_deployed for one in detail.deployed_versions.results if one.uid == version]
            if detail
            else []
        )
    else:
        stamps = []
    return next((found for one in stamps if (found := _instant(one)) is not None), None)


def _instant(stamp: str | None) -> datetime | None:
    """Return a stamp as an aware instant; one without a zone means UTC."""
    try:
        found = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)) if found else None
