"""A form onto a Central: a draft, its files, then published; when anything fails the draft is removed again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.deploy.package import LISTS, Package, key_in
from sync_scripts.deploy.plan import DraftOfOthers, Plan, Standing, md5
from sync_scripts.errors import Attention, DikaloError, Unreachable
from sync_scripts.servers.central import Project
from sync_scripts.servers.central.shapes import FormFile

_SEALED: Final = "[encrypted:"
"""What a Central writes behind the version of a form to which it gives the key of the project."""
_BY_SERVER: Final = re.compile(r'<submission base64RsaPublicKey="[^"]*"/>|\[encrypted:[^\]"]*\]')
"""All that it then writes into the XForm."""


FilesNotTaken: Final = Unreachable.declare(
    "DK-F43",
    "The server {server} still lacks files of the form {form}: {files}. The form was not published, so phones keep "
    "the one they have. Run the command again.",
    of_one_answer=True,
)
WorkbookUnknown: Final = Attention.declare(
    "DK-F47",
    "The form {form} was not sent to {server}: the server encrypts this project itself and keeps no workbook of it, so "
    "what would change cannot be seen. Send it from the folder that sent it last (its forms/deployed tells what was "
    "sent), or under another form id.",
)
FormInTrash: Final = Attention.declare(
    "DK-F58",
    "The form {form} was not sent to {server}: it is in the trash there, with the submissions that it received. Created once more, "
    "it could not be restored, and the server destroys what is in the trash after 30 days. Restore it at the server (Deleted "
    "Forms in the project), run dikalo pull, then run this command again.",
)


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
            FormInTrash: it was there, and can be again.
        """
        said = self.project.form(package.form)
        if said is None and package.form in self.project.trashed_forms():
            raise FormInTrash(form=package.form, server=self.project.client.server)
        drafted = not self._free(package)
        if said is None or not said.published:
            return Standing(handle=package.form, drafted=drafted)
        versions = [one.version or "" for one in self.project.form_versions(package.form)]
        held = {
            one.name: self.project.form_file_sum(package.form, one) if one.name in package.files else ""
            for one in self.project.form_files(package.form)
            if one.exists
        }
        return Standing(
            workbook=self._workbook(package.form, said.version or "", versions),
            version=said.version or "",
            versions=frozenset(versions),
            files=held,
            handle=package.form,
            drafted=drafted,
        )

    def on_phones(self, _package: Package, _handle: str) -> bool:
        """Tell whether phones get what was sent: nothing is published before all of it is there."""
        return True

    def version_of(self, form: str) -> str:
        """Return the version that the server now has; of a form that it encrypts, one that it made itself."""
        said = self.project.form(form)
        return (said.version or "") if said else ""

    def _workbook(self, form: str, version: str, versions: Sequence[str]) -> bytes:
        there = self.project.workbook(form)
        if there is not None:
            return there
        known, workbook = self.sent.get(form, ("", b""))
        if not workbook or not (known == version or _sealed_since(known, workbook, versions)):
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
            if not (one.exists and self._is_ours(package, one))
        ]
        if lacking:
            raise FilesNotTaken(server=self.project.client.server, form=form, files=", ".join(lacking))

    def _is_ours(self, package: Package, held: FormFile) -> bool:
        """Tell whether a file of the draft holds what we sent; one that is not ours to send is taken as it is."""
        sent = package.files.get(held.name)
        if sent is None or held.dataset_exists:
            return True
        return self.project.form_file_sum(package.form, held, draft=True) == md5(sent)

    def _free(self, package: Package) -> bool:
        """Tell whether there is no draft, or one in which nothing is that is neither on phones nor ours to send.

        A run of ours that was killed leaves such a one behind.
        """
        form = package.form
        if not self.project.drafted(form):
            return True
        there = self.project.form(form)
        published = there is not None and there.published
        if not self._asks_nothing_else(package, published=published):
            return False
        sum_of = self.project.form_file_sum
        held = {"", *(md5(data) for data in (*package.files.values(), *LISTS.values()))}
        if published:
            held |= {sum_of(form, one) for one in self.project.form_files(form)}
        return all(sum_of(form, one, draft=True) in held for one in self.project.form_files(form, draft=True))

    def _asks_nothing_else(self, package: Package, *, published: bool) -> bool:
        """Tell whether a draft is the form that phones have, or the one that we send."""
        form = package.form
        drawn = self.project.drafted_workbook(form)
        if drawn is not None:
            return drawn in {package.workbook, self.project.workbook(form) if published else None}
        # the server gave it the project's key and keeps no workbook of it, or it was never one
        xform = self.project.xform(form, draft=True)
        return (published and xform == self.project.xform(form)) or _plain(xform) == _made(package)

    @contextmanager
    def _draft(self, form: str) -> Iterator[None]:
        """Leave no draft behind: phones never see one, but the next person at the server would."""
        try:
            yield
        except BaseException:
            with suppress(DikaloError):
                self.project.drop_draft(form)
            raise


def _sealed_since(known: str, workbook: bytes, versions: Sequence[str]) -> bool:
    """Tell whether the newest version is what the server made of the known one when it was told to encrypt.

    Args:
        known: version under which the workbook was sent.
        workbook: as it was sent; one with a key of its own is never touched.
        versions: all of them, newest first, as a Central lists them.
    """
    return versions[1:2] == [known] and versions[0].startswith(known + _SEALED) and not key_in(workbook)


def _plain(xform: str) -> str:
    """Return an XForm without what a Central that encrypts writes into it."""
    return _BY_SERVER.sub("", xform)


def _made(package: Package) -> str:
    """Return the XForm of what we send, as the converter here makes it; that of a server may be another one."""
    from xlsform.convert import convert

    return convert(package.workbook, "central").xform
