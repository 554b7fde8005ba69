"""A form onto a Central: a draft, its files, then published; when anything fails the draft is removed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

from sync_scripts.deploy.package import LISTS, Package
from sync_scripts.deploy.plan import Plan, Standing, md5
from sync_scripts.errors import N_, Attention, DikaloError, Unreachable
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.shapes import FormFile


@dataclass(eq=False, kw_only=True)
class FilesNotTaken(Unreachable):
    """The server took the form and not all of its files; it was not published."""

    code: ClassVar[str] = "DK-F43"
    message: ClassVar[str] = N_(
        "The server {server} still lacks files of the form {form}: {files}. The form was not published, so phones keep "
        "the one they have. Run the command again."
    )
    server: str
    form: str
    files: str


@dataclass(eq=False, kw_only=True)
class WorkbookUnknown(Attention):
    """The server keeps no workbook of the form, and this folder did not send it."""

    code: ClassVar[str] = "DK-F47"
    message: ClassVar[str] = N_(
        "The form {form} was not sent to {server}: the server encrypts this project itself and keeps no workbook of it, so "
        "what would change cannot be seen. Send it from the folder that sent it last (its forms/deployed tells what was "
        "sent), or under another form id."
    )
    form: str
    server: str


@dataclass(eq=False, kw_only=True)
class DraftOfOthers(Attention):
    """Somebody works on a draft of the form at the server."""

    code: ClassVar[str] = "DK-F48"
    message: ClassVar[str] = N_(
        "Somebody has a draft of the form {form} on {server} that is not what dikalo sends; sending would replace it for good. "
        "Nothing was sent. Ask who works on it; publish or abandon the draft at the server, then run the command again."
    )
    form: str
    server: str


@dataclass(frozen=True, slots=True)
class CentralForms:
    """The forms of one project, for writing.

    Attributes:
        project: its calls, with the login of the role deploy.
        notes: a sentence for the server's log.
        sent: workbooks as they were last sent, by form id, with the version that the server then had; needed only
            where the server encrypts by itself, since such a Central gives no workbook back.
    """

    project: Project
    notes: str = ""
    sent: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def look(self, package: Package) -> Standing:
        """Return how a form stands there.

        Raises:
            WorkbookUnknown: it is there, and its workbook is nowhere.
        """
        said = self.project.form(package.form)
        if said is None or said.published_at is None:
            return Standing(handle=package.form)
        held = {one.name: one.hash or "" for one in self.project.form_files(package.form) if one.exists}
        return Standing(
            workbook=self._workbook(package.form, said.version or ""),
            version=said.version or "",
            versions=frozenset(one.version or "" for one in self.project.form_versions(package.form)),
            files=held,
            handle=package.form,
        )

    def version_of(self, form: str) -> str:
        """Return the version that the server now has; of a form that it encrypts, one that it made itself."""
        said = self.project.form(form)
        return (said.version or "") if said else ""

    def _workbook(self, form: str, version: str) -> bytes:
        there = self.project.workbook(form)
        if there is not None:
            return there
        known, workbook = self.sent.get(form, ("", b""))
        if not workbook or known != version:
            raise WorkbookUnknown(form=form, server=self.project.client.server)
        return workbook

    def carry_out(self, package: Package, made: Plan) -> str:
        """Do what a plan says, and return the form's id there. Phones get it only when everything is there.

        Raises:
            DraftOfOthers: somebody has a draft of it there; it was left alone.
            FilesNotTaken: some file is not there after all; nothing was published.
        """
        if made.deeds and not self._free(package):
            raise DraftOfOthers(form=package.form, server=self.project.client.server)
        with self._draft(package.form):
            for deed, name in made.deeds:
                self._do(package, made, deed, name)
        return package.form

    def _do(self, package: Package, made: Plan, deed: str, name: str) -> None:
        form = package.form
        if deed == "create" and self.project.form(form) is None:
            self.project.create(form, package.workbook, self.notes)
        elif deed in {"create", "replace"}:
            self.project.draft(form, package.workbook, self.notes)
        elif deed == "copy":
            self.project.draft(form, None, self.notes)
        elif deed == "file":
            self.project.put_file(form, name, package.files[name])
        elif deed == "list":
            self._list(form, name)
        elif deed == "publish":
            self._all_there(package)
            self.project.publish(form, made.version if made.version != package.version else "", self.notes)

    def _list(self, form: str, name: str) -> None:
        """Give the draft an empty list, unless the server fills it from an entity list of that name."""
        files = {one.name: one for one in self.project.form_files(form, draft=True)}
        if name in files and not files[name].exists:
            self.project.put_file(form, name, LISTS[name])

    def _all_there(self, package: Package) -> None:
        """Look at the draft once more: a file may be lost, or still be the one of the version before."""
        form = package.form
        lacking = [
            one.name
            for one in self.project.form_files(form, draft=True)
            if not (one.exists and _is_ours(package, one))
        ]
        if lacking:
            raise FilesNotTaken(server=self.project.client.server, form=form, files=", ".join(lacking))

    def _free(self, package: Package) -> bool:
        """Tell whether there is no draft, or one in which nothing is that is neither on phones nor ours to send.

        A run of ours that was killed leaves such a one behind.
        """
        form = package.form
        if not self.project.drafted(form):
            return True
        there = self.project.form(form)
        published = there is not None and there.published_at is not None
        known = {package.workbook, self.project.workbook(form) if published else package.workbook}
        if self.project.drafted_workbook(form) not in known:
            return False
        held = {one.hash for one in self.project.form_files(form) if one.exists} if published else set()
        held |= {md5(data) for data in (*package.files.values(), *LISTS.values())}
        files = self.project.form_files(form, draft=True)
        return all(not one.exists or one.dataset_exists or one.hash in {None, *held} for one in files)

    @contextmanager
    def _draft(self, form: str) -> Iterator[None]:
        """Leave no draft behind: phones never see one, but the next person at the server would."""
        try:
            yield
        except BaseException:
            with suppress(DikaloError):
                self.project.drop_draft(form)
            raise


def _is_ours(package: Package, held: FormFile) -> bool:
    """Tell whether a file holds what we sent; one that is not ours to send, or has no digest, is taken as it is."""
    sent = package.files.get(held.name)
    return sent is None or not held.hash or held.hash == md5(sent)
