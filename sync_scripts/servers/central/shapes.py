"""What Central answers, as far as we read it: unknown members are ignored, members that older servers lack may be absent.

Field names are Central's own, turned by ``rename="camel"``. Nothing here keeps an answer of a submission.
"""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all shapes."""


class Session(Shape, frozen=True, kw_only=True):
    """A login."""

    token: str
    expires_at: str = ""


class Account(Shape, frozen=True, kw_only=True):
    """Who is asking; ``verbs`` are the rights over the whole site, in the extended answer only."""

    id: int = 0
    type: str = ""
    display_name: str = ""
    verbs: tuple[str, ...] = ()


class ProjectSaid(Shape, frozen=True, kw_only=True):
    """A project; ``verbs`` are the rights of the one who asks."""

    id: int
    name: str = ""
    archived: bool | None = None
    key_id: int | None = None
    verbs: tuple[str, ...] = ()


class FormSaid(Shape, frozen=True, kw_only=True):
    """A published form, or a draft.

    ``published_at`` is null of one that was never published; an answer without the member does not tell.
    """

    xml_form_id: str
    version: str | None = None
    hash: str | None = None
    sha256: str | None = None
    state: str = "open"
    published_at: str | msgspec.UnsetType | None = msgspec.UNSET
    draft_token: str | None = None
    key_id: int | None = None
    submissions: int | None = None

    @property
    def only_draft(self) -> bool:
        """Tell whether the server says that the form was never published."""
        return self.published_at is None

    @property
    def published(self) -> bool:
        """Tell whether the server says that the form was published."""
        return isinstance(self.published_at, str)


class FormFile(Shape, frozen=True, kw_only=True):
    """A file that a form asks for; ``hash`` is the MD5 of its bytes."""

    name: str
    exists: bool = False
    hash: str | None = None
    dataset_exists: bool = False


class System(Shape, frozen=True, kw_only=True):
    """What Central says of one submission beside its answers.

    All stamps are text of the server's clock in UTC; ``form_version`` is that of the *first* version.
    """

    submission_date: str
    updated_at: str | None = None
    deleted_at: str | None = None
    submitter_name: str | None = None
    attachments_present: int = 0
    attachments_expected: int = 0
    status: str | None = None
    review_state: str | None = None
    edits: int = 0
    form_version: str | None = None


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """The ``meta`` group of the present version."""

    instance_id: str | None = msgspec.field(default=None, name="instanceID")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of the feed. ``root`` is its first instance id for life."""

    root: str = msgspec.field(name="__id")
    system: System = msgspec.field(name="__system")
    meta: Meta | None = None


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the feed."""

    value: tuple[Row, ...]
    count: int | None = msgspec.field(default=None, name="@odata.count")
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Version(Shape, frozen=True, kw_only=True):
    """One version of a submission."""

    instance_id: str
    created_at: str = ""
    current: bool = False
    form_version: str | None = None


class Listed(Shape, frozen=True, kw_only=True):
    """One submission of the light list."""

    instance_id: str
    created_at: str
    updated_at: str | None = None
    deleted_at: str | None = None
    review_state: str | None = None
    current_version: Version | None = None


class FileSaid(Shape, frozen=True, kw_only=True):
    """A file that a submission announces."""

    name: str
    exists: bool = False


class PublicKey(Shape, frozen=True, kw_only=True):
    """A key that submissions of a form were encrypted to; ``managed`` = the server can open them."""

    id: int
    public: str = ""
    managed: bool | None = None


class AppUser(Shape, frozen=True, kw_only=True):
    """A phone's account; ``token`` is null once it is revoked, and a secret until then."""

    id: int
    display_name: str = ""
    token: str | None = None

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"AppUser({self.id})"


class Anything(msgspec.Struct, frozen=True):
    """An answer of which nothing is read."""
