"""What KoboToolbox answers, as far as we read it. No key is assumed present: older private servers lack several."""

from __future__ import annotations

from collections.abc import Iterable

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
    """A form. ``uid`` is what phones and data know it by; ``permissions`` name who may do what, as far as it is shown."""

    uid: str
    name: str = ""
    deployment_status: str = ""
    owner: str = msgspec.field(default="", name="owner__username")
    permissions: msgspec.Raw = msgspec.Raw(b"[]")


class Right(Shape, frozen=True, kw_only=True):
    """One right that the token has."""

    codename: str = ""


SOME = "partial_submissions"
"""A right over some submissions of a form; the others are neither listed nor counted."""
ALL = "view_submissions"


def reads_whole(rights: Iterable[Right]) -> bool:
    """Tell whether these are the rights of one who reads every submission of a form; none at all = not known, so yes."""
    held = {one.codename for one in rights}
    return not held or (ALL in held and SOME not in held)


class Assigned(Shape, frozen=True, kw_only=True):
    """One right of one account on a form; the server names both by their addresses."""

    url: str = ""
    user_url: str = msgspec.field(default="", name="user")
    permission_url: str = msgspec.field(default="", name="permission")

    @property
    def user(self) -> str:
        """Return the account."""
        return _last(self.user_url)

    @property
    def right(self) -> str:
        """Return the right."""
        return _last(self.permission_url)

    @property
    def uid(self) -> str:
        """Return the id of the assignment."""
        return _last(self.url)


def _last(url: str) -> str:
    """Return the last part of an address, whatever question hangs on it."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


class Settings(Shape, frozen=True, kw_only=True):
    """Settings of a form's content; ``id_string`` is the form id that the workbook names."""

    id_string: str = ""


class Content(Shape, frozen=True, kw_only=True):
    """A form's content, of which only the settings are read."""

    settings: Settings = Settings()


class Deployed(Shape, frozen=True, kw_only=True):
    """A version that was deployed, and when; the stamp is text, in UTC."""

    uid: str
    date_deployed: str | None = None
    content_hash: str = ""


class DeployedVersions(Shape, frozen=True, kw_only=True):
    """The versions that were deployed, as far as the server lists them."""

    results: tuple[Deployed, ...] = ()


class Standing(Shape, frozen=True, kw_only=True):
    """One form: whose it is, which version phones have of it, and which one it has now."""

    uid: str
    name: str = ""
    owner: str = msgspec.field(default="", name="owner__username")
    version_id: str = ""
    deployed_version_id: str | None = None
    deployment_status: str = ""
    has_deployment: bool = False
    encrypted: bool = msgspec.field(default=False, name="deployment__encrypted")
    content_hash: str = msgspec.field(default="", name="version__content_hash")
    deployed_versions: DeployedVersions = DeployedVersions()
    rights: tuple[Right, ...] = msgspec.field(default=(), name="effective_permissions")

    @property
    def archived(self) -> bool:
        """Tell whether phones get nothing of it any more: neither the form nor its files."""
        return self.deployment_status == "archived"

    @property
    def edited(self) -> bool:
        """Tell whether somebody changed it and did not give the change to phones yet; new files and a new name are no change."""
        if not self.has_deployment:
            return True
        if self.deployed_version_id in {None, self.version_id}:
            return False
        hashes = {one.uid: one.content_hash for one in self.deployed_versions.results}
        return not self.content_hash or hashes.get(self.deployed_version_id or "") != self.content_hash


class AssetDetail(Standing, frozen=True, kw_only=True):
    """One form in full."""

    content: Content = Content()

    @property
    def form_id(self) -> str:
        """Return the form id that the workbook names."""
        return self.content.settings.id_string


class Named(Shape, frozen=True, kw_only=True):
    """Something with a uid."""

    uid: str = ""


class Messages(Shape, frozen=True, kw_only=True):
    """What came of an import."""

    created: tuple[Named, ...] = ()
    updated: tuple[Named, ...] = ()
    error_type: str = ""


class Import(Shape, frozen=True, kw_only=True):
    """An import under way; ``status`` is processing, complete or error."""

    uid_: str = msgspec.field(default="", name="uid")
    status: str = ""
    messages: Messages = Messages()

    @property
    def uid(self) -> str:
        """Return the form that was made or replaced, "" when none was."""
        return next((one.uid for one in (*self.messages.created, *self.messages.updated)), "")

    @property
    def error_type(self) -> str:
        """Return the server's name of what went wrong."""
        return self.messages.error_type


class FileFacts(Shape, frozen=True, kw_only=True):
    """What the server says of a media file."""

    filename: str = ""
    hash: str = ""


class FormMedia(Shape, frozen=True, kw_only=True):
    """One media file of a form."""

    uid: str
    metadata: FileFacts = FileFacts()

    @property
    def name(self) -> str:
        """Return its name."""
        return self.metadata.filename

    @property
    def md5(self) -> str:
        """Return the MD5 of its bytes in hex; that of a linked file is none."""
        return self.metadata.hash.removeprefix("md5:")


class FormMediaList(Shape, frozen=True, kw_only=True):
    """One page of the media files of a form."""

    count: int = 0
    results: tuple[FormMedia, ...] = ()


class Assets(Shape, frozen=True, kw_only=True):
    """One page of forms; an answer that counts none is not believed to be an empty one."""

    count: int
    results: tuple[Asset, ...] = ()


class Validation(Shape, frozen=True, kw_only=True):
    """A validation status; the label is translated, so the id is read, with when it was given (Unix seconds) and by whom."""

    uid: str = ""
    timestamp: int | None = None
    by_whom: str | None = None

    @property
    def word(self) -> str:
        """Return the status as it is compared: the same one given again is another; "" for none.

        >>> Validation(uid="validation_status_approved", timestamp=1764144000).word
        'validation_status_approved@1764144000'
        """
        return self.uid if not self.uid or self.timestamp is None else f"{self.uid}@{self.timestamp}"


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


class Blurred(Row, frozen=True, kw_only=True):
    """A row of which something is written in a way that we do not know; made here, never decoded.

    ``unread`` names it, as Kobo does; it has the value of what is not said, a number that of none (0).
    """

    unread: frozenset[str] = frozenset()


class Rows(Shape, frozen=True, kw_only=True):
    """One page of data. ``count`` counts the rows of the query, and pages are cut silently: follow to the end."""

    count: int
    results: tuple[Row, ...] = ()


class Unparted(Shape, frozen=True, kw_only=True):
    """The same with its rows as they came."""

    count: int
    results: tuple[msgspec.Raw, ...] = ()


class Told(Shape, frozen=True, kw_only=True):
    """What a line of the history says of a submission; a ``status`` is there only for a change of status."""

    root: str = msgspec.field(default="", name="root_uuid")
    status: str | msgspec.UnsetType | None = msgspec.UNSET


class Metadata(Shape, frozen=True, kw_only=True):
    """What a line of the history is about; the address of the computer is not read."""

    submission: Told = Told()


class HistoryLine(Shape, frozen=True, kw_only=True):
    """One line of the project's history; ``date_created`` in whole seconds, UTC."""

    action: str = ""
    username: str = ""
    date_created: str = ""
    metadata: Metadata = Metadata()


class History(Shape, frozen=True, kw_only=True):
    """One page of the project's history."""

    count: int = 0
    results: tuple[HistoryLine, ...] = ()


class Anything(Shape, frozen=True, kw_only=True):
    """An answer of which nothing is read."""
