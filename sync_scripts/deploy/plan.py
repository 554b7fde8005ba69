"""What a deployment would do to one form on one server. Pure: what is there and what shall be there give a list of deeds.

The same form twice gives no deed at all. A change that breaks what was collected is held back until somebody accepts
it by name; what loosens consent or secrecy nobody can accept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sync_scripts.deploy.package import Package, key_in, plain
from sync_scripts.errors import Attention
from xlsform.compare import Change, compare
from xlsform.compare.change import Acceptance, held_back

Deed = Literal["create", "replace", "copy", "file", "list", "publish"]
"""``copy`` = a new draft of the published form, for files alone; ``list`` = an empty list where there is none."""


FormHeldBack: Final = Attention.declare(
    "DK-F41",
    "The form {form} was not sent to {server}: {changes} would break what was already collected, or loosen a "
    "protection. See each of them with dikalo forms diff OLD NEW. A break is accepted by name (--accept CODE:PATH --author "
    "--why); what loosens a protection, nobody can accept.",
)
SameVersion: Final = Attention.declare(
    "DK-F42",
    "The form {form} was not sent to {server}: it has changed, and still calls itself version {version}, which the "
    "server already has. Give it a new version (dikalo forms save FILE, or the column version in Excel) and send it again.",
)
DraftOfOthers: Final = Attention.declare(
    "DK-F48",
    "The form {form} was not sent to {server}: a draft of it lies there that is not what dikalo sends, and sending would "
    "replace it for good. Ask who works on it; publish or abandon it at the server, then run the command again.",
)
FormArchived: Final = Attention.declare(
    "DK-F59",
    "The form {form} was not sent to {server}: it is archived there, and sending would open it again on all phones. If they "
    "shall get it, take it out of the archive in a browser; else send the other forms by name (dikalo forms deploy FORM).",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a form stands at a server.

    Attributes:
        workbook: its bytes, None when the server does not have the form.
        version: the version it has.
        files: MD5 of the files it has, by name, in hex.
        handle: what the server calls it (Central: the form's id; KoboToolbox: the asset).
        published: phones get it.
        versions: every version that it ever had; a server publishes none of them again.
        drafted: somebody has a draft of it there, which sending would replace.
        archived: somebody closed it there, and sending would open it.
    """

    workbook: bytes | None = field(default=None, repr=False)
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    handle: str = ""
    published: bool = True
    versions: frozenset[str] = frozenset()
    drafted: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, in this order, and what stops it.

    Attributes:
        form: the form's id.
        deeds: (deed, name of the file) pairs; empty = everything is as it shall be.
        version: under which it is published.
        changes: what differs from the version there.
        held: of these, what stops it.
        same_version: other content under a version that the server has.
        drafted: somebody's draft is in the way of what is to be done.
        archived: it is closed there, and what is to be done would open it.
    """

    form: str
    deeds: tuple[tuple[Deed, str], ...] = ()
    version: str = ""
    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    same_version: bool = False
    drafted: bool = False
    archived: bool = False

    @property
    def unchanged(self) -> bool:
        """Tell whether there is nothing to do."""
        return not self.deeds


def plan(package: Package, there: Standing, accepted: Acceptance) -> Plan:
    """Return what to do with one form."""
    made = _plan(package, there, accepted)
    if made.unchanged:
        return made
    return replace(made, drafted=there.drafted, archived=there.archived)


def _plan(package: Package, there: Standing, accepted: Acceptance) -> Plan:
    files = [name for name in sorted(package.files) if there.files.get(name) != md5(package.files[name])]
    lists = [name for name in package.lists if name not in there.files]
    beside: list[tuple[Deed, str]] = [("file", name) for name in files]
    beside += [("list", name) for name in lists]
    if there.workbook is None:
        return Plan(package.form, (("create", ""), *beside, ("publish", "")), package.version)
    if _only_the_key_differs(there.workbook, package.workbook):
        return _another_key(package, there, beside, accepted)
    if there.workbook != package.workbook:
        changes = compare(there.workbook, package.workbook)
        return Plan(
            form=package.form,
            deeds=(("replace", ""), *beside, ("publish", "")),
            version=package.version,
            changes=changes,
            held=held_back(changes, accepted),
            same_version=package.version in {there.version, *there.versions},
        )
    if beside or not there.published:
        version = _free(f"{package.version}-{package.files_digest}", there) if beside else package.version
        return Plan(package.form, (("copy", ""), *beside, ("publish", "")), version)
    return Plan(package.form, (), package.version)


def _only_the_key_differs(there: bytes, here: bytes) -> bool:
    return there != here and key_in(there) != key_in(here) and plain(there) == plain(here)


def _another_key(
    package: Package, there: Standing, beside: list[tuple[Deed, str]], accepted: Acceptance
) -> Plan:
    """Return the plan for the same form under another key, or under one for the first time: a version of its own.

    Only so a server takes it, phones fetch it, and a pull can tell which submissions had to come encrypted.
    """
    compared = compare(there.workbook or b"", package.workbook)
    changes = tuple(one for one in compared if one.code != "VERSION-NOT-RAISED")
    mark = hashlib.sha256((package.public_key or "").encode()).hexdigest()[:6]
    return Plan(
        form=package.form,
        deeds=(("replace", ""), *beside, ("publish", "")),
        version=_free(f"{package.version}-{mark}", there),
        changes=changes,
        held=held_back(changes, accepted),
    )


def _free(version: str, there: Standing) -> str:
    """Return a version that the server never had: files that go back to what they were would take one that it had."""
    taken = {there.version, *there.versions}
    names = (version, *(f"{version}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def refuse(made: Plan, server: str) -> None:
    """Raise when a plan may not be carried out.

    Raises:
        DraftOfOthers: somebody works on it at the server.
        FormArchived: somebody closed it there.
        SameVersion: its version is taken.
        FormHeldBack: it breaks or loosens something.
    """
    if made.drafted:  # first: at a KoboToolbox it is the draft with which ours was compared
        raise DraftOfOthers(form=made.form, server=server)
    if made.archived:
        raise FormArchived(form=made.form, server=server)
    if made.same_version:
        raise SameVersion(form=made.form, server=server, version=made.version)
    if made.held:
        named = ", ".join(f"{one.code}:{one.path}" for one in made.held)
        raise FormHeldBack(form=made.form, server=server, changes=named)


def md5(data: bytes) -> str:
    """Return the digest by which both servers tell files apart."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
