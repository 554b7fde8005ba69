"""What KoboToolbox answers, as far as we read it. No key is assumed present: older private servers lack several."""

from __future__ import annotations

from typing import Any

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all shapes."""


class Me(Shape, frozen=True, kw_only=True):
    """Whose token it is; ``username`` is empty for a call without credentials, which Kobo answers with 200."""

    username: str = ""
    server_time: str = ""


class Environment(Shape, frozen=True, kw_only=True):
    """What the server says of itself; ``project_history_log_lifespan`` in hours."""

    open_rosa_server: str = ""
    project_history_log_lifespan: int | None = None


class Asset(Shape, frozen=True, kw_only=True):
    """A form. ``uid`` is what phones and data know it by."""

    uid: str
    name: str = ""
    deployment_status: str = ""


class Assets(Shape, frozen=True, kw_only=True):
    """One page of forms."""

    count: int = 0
    results: tuple[Asset, ...] = ()


class Validation(Shape, frozen=True, kw_only=True):
    """A validation status; the label is translated, so only the id is read."""

    uid: str = ""
    timestamp: int | None = None


class Attachment(Shape, frozen=True, kw_only=True):
    """One file of a submission; ``uid`` is missing on older servers, which have a number instead."""

    uid: str = ""
    id: int | None = None
    filename: str = ""
    media_file_basename: str = ""
    is_deleted: bool = False


class Row(Shape, frozen=True, kw_only=True):
    """One submission without its answers. ``_id`` is for paging only, ``uuid`` changes with every edit."""

    id: int = msgspec.field(name="_id")
    uuid: str = msgspec.field(default="", name="_uuid")
    root: str = msgspec.field(default="", name="meta/rootUuid")
    instance: str = msgspec.field(default="", name="meta/instanceID")
    received: str = msgspec.field(default="", name="_submission_time")
    submitter: str | None = msgspec.field(default=None, name="_submitted_by")
    validation: Validation = msgspec.field(default_factory=Validation, name="_validation_status")
    attachments: tuple[Attachment, ...] = msgspec.field(default=(), name="_attachments")


class Rows(Shape, frozen=True, kw_only=True):
    """One page of data. ``count`` counts the rows of the query, and pages are cut silently: follow to the end."""

    count: int
    results: tuple[Row, ...] = ()


class History(Shape, frozen=True, kw_only=True):
    """One page of the project's history, of which only the number is read here."""

    count: int = 0
    results: tuple[dict[str, Any], ...] = ()
