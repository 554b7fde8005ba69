"""From a row of an ODK Central to what a pull knows: handles, marks, statuses, ids and stamps. Pure; asks nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sync_scripts.servers.base import Mark, Status
from sync_scripts.servers.central.shapes import Row

__all__ = ["fingerprint", "instance_id", "instant", "mark", "parts", "place", "status"]


def status(form: str, row: Row) -> Status:
    """Return what the server says of a submission as a whole."""
    return Status(
        form=form,
        root_id=row.root,
        deleted_at=instant(row.system.deleted_at),
        review=row.system.review_state,
        files_missing=max(row.system.attachments_expected - row.system.attachments_present, 0),
        versions=row.system.edits + 1,
    )


def instance_id(row: Row) -> str:
    """Return the instance id of the version that counts; "" when the phone gave it none that could be read."""
    return (row.meta.instance_id if row.meta else None) or ""


def mark(form: str, row: Row) -> Mark:
    """Return the mark of a row that is not deleted."""
    return Mark(
        place=place(form, row.root, instance_id(row)),
        root_id=row.root,
        version=instance_id(row) or row.root,
        status=row.system.review_state or "",
        moved_ns=fingerprint(row) if row.system.attachments_expected else None,
    )


def place(form: str, root: str, version: str) -> str:
    """Return our handle of one version."""
    return f"{form}\t{root}\t{version}"


def parts(place: str) -> tuple[str, str, str]:
    """Return form, root and version of a handle."""
    form, root, version = place.split("\t", 2)  # an id is what a phone says: a tab in it ends no pull
    return form, root, version


def fingerprint(row: Row) -> int:
    """Return a number that moves when the files of a version do: its bytes never change, and a review is no reason to read."""
    said = row.system
    shown = (said.attachments_present, said.attachments_expected, said.status)
    return int.from_bytes(hashlib.blake2b(repr(shown).encode(), digest_size=7).digest())


def instant(stamp: str | None) -> datetime | None:
    """Return a stamp as an aware instant, None for none that can be read."""
    try:
        found = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found and found.tzinfo else None
