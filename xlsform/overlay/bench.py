"""The trainer's bench: where the files of customised forms are in a workspace, and how a form stands there. Reads only.

``forms/alert.xlsx`` is the form in use; ``forms/overlays/alert.yaml`` what the organisation changed; under
``forms/overlays``: ``base`` keeps the base it was made from, ``before`` what was in use earlier, and beside them lie a
workbook of conflicts and the overlay that waits for it. ``forms/edit`` holds workbooks to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from xlsform import pack
from xlsform.build import replace as replace_file
from xlsform.model import Form
from xlsform.overlay import file
from xlsform.overlay.core import Core, core_of
from xlsform.overlay.operations import Overlay
from xlsform.overlay.sheets import BASE, BaseUnknown, OtherForm
from xlsform.rules import not_endless
from xlsform.workbooks import importing, workbook
from xlsform.workbooks.sheets import Reading


@dataclass(frozen=True, slots=True)
class Folder:
    """The forms folder of a workspace; every method names a place, whether something is there or not."""

    root: Path

    def used(self, form_id: str) -> Path:
        """Return the workbook in use: what goes to servers and phones."""
        return self.root / f"{form_id}.xlsx"

    def edit(self, form_id: str) -> Path:
        """Return the workbook that a trainer edits."""
        return self.root / "edit" / f"{form_id}.xlsx"

    def overlay(self, form_id: str) -> Path:
        """Return the overlay."""
        return self.root / "overlays" / f"{form_id}.yaml"

    def waiting(self, form_id: str) -> Path:
        """Return the overlay that waits until its conflicts are settled, when it is not the one in use."""
        return self.root / "overlays" / f"{form_id}.waiting.yaml"

    def conflicts(self, form_id: str) -> Path:
        """Return the workbook of conflicts; while it is there, nothing of this form is to be deployed."""
        return self.root / "overlays" / f"{form_id}.conflits.xlsx"

    def base(self, form_id: str, version: str) -> Path:
        """Return the workbook of a version of the base."""
        return self.root / "overlays" / "base" / f"{form_id}@{version}.xlsx"

    def before(self, form_id: str) -> Path:
        """Return the folder of what was in use before, one numbered folder a change."""
        return self.root / "overlays" / "before" / form_id


@dataclass(frozen=True, slots=True)
class Standing:
    """How a form stands in a workspace.

    Attributes:
        shipped, raw: the base as dikalo ships it now, and its workbook.
        core: what is protected in it.
        base: the base that the organisation's form was made from; the shipped one when it stands on that.
        overlay: what the organisation changed, None when nothing was saved yet.
        used: the form in use, None when there is none.
    """

    form_id: str
    shipped: Form
    raw: bytes
    core: Core | None
    base: Form
    overlay: Overlay | None
    used: Form | None

    @property
    def is_current(self) -> bool:
        """Whether the organisation's form stands on the base that is shipped now."""
        return self.base.version == self.shipped.version


def standing(folder: Folder, form_id: str, root: Path | None = None) -> Standing:
    """Return how a form stands; ``root`` is the folder of the shipped forms.

    Raises:
        FormUnknown: dikalo ships no such form.
        BaseUnknown: the base that the organisation's form was made from is not at hand.
        FormError: one of the files cannot be read.
    """
    packed = pack.find(form_id, root or pack.forms_root())
    raw = workbook.load(packed.workbook)
    shipped = workbook.read(raw, file=packed.workbook.name).form
    path = folder.overlay(form_id)
    overlay = load_overlay(path) if path.is_file() else None
    if overlay is not None and overlay.form != form_id:
        raise OtherForm(file=path.name, found=overlay.form, form=form_id)
    used = _used(folder, form_id)
    version = overlay.base if overlay else _base_version(folder, shipped, used)
    base = shipped if version == shipped.version else base_named(folder, form_id, version)
    return Standing(form_id, shipped, raw, core_of(form_id, root), base, overlay, used)


def keep_bases(folder: Folder, root: Path | None = None) -> None:
    """Keep what the organisation's forms start from, so that its changes are known at the first upgrade.

    Only forms that are still as dikalo ships them; safe to call again.

    Raises:
        NotWritten: the folder cannot be written.
    """
    for packed in pack.forms(root or pack.forms_root()):
        used = folder.used(packed.form_id)
        if not (packed.workbook.is_file() and used.is_file()):
            continue
        raw = packed.workbook.read_bytes()
        if raw == used.read_bytes():
            version = workbook.read(raw, file=packed.workbook.name).form.version
            replace_file(folder.base(packed.form_id, version), raw)


def load_overlay(path: Path) -> Overlay:
    """Return the overlay in a file.

    Raises:
        FormError: it cannot be read, or holds no overlay.
    """
    return file.read(workbook.load(path), file=path.name)


def base_named(folder: Folder, form_id: str, version: str) -> Form:
    """Return a version of the base that was kept.

    Raises:
        BaseUnknown: it is not there, or another version lies under its name.
    """
    path = folder.base(form_id, version)
    if not path.is_file():
        raise BaseUnknown(form=form_id, version=version)
    form = edited(workbook.load(path), file=path.name).form
    if (form.form_id, form.version) != (form_id, version):
        raise BaseUnknown(form=form_id, version=version)
    return _without_mark(form)


def edited(raw: bytes, *, file: str) -> Reading:
    """Return the form in a workbook that came from a person or another program, with what was found in its cells.

    Raises:
        FormError: the file is no workbook that can be opened, or holds no form.
    """
    found = importing.tidy(workbook.read(raw, file=file))
    not_endless(found.form, file)
    return found


def _used(folder: Folder, form_id: str) -> Form | None:
    path = folder.used(form_id)
    if not path.is_file():
        return None
    form = edited(workbook.load(path), file=path.name).form
    if form.form_id != form_id:
        raise OtherForm(file=path.name, found=form.form_id, form=form_id)
    return _without_mark(form)


def _without_mark(form: Form) -> Form:
    return replace(form, settings={name: text for name, text in form.settings.items() if name != BASE})


def _base_version(folder: Folder, shipped: Form, used: Form | None) -> str:
    """Return the base of a form without an overlay: the newest one kept that is not newer than it."""
    if used is None or used.version == shipped.version:
        return shipped.version
    kept = sorted(
        path.stem.partition("@")[2]
        for path in folder.base(used.form_id, "*").parent.glob(f"{used.form_id}@*.xlsx")
    )
    older = [version for version in kept if version <= used.version]
    if not older:
        raise BaseUnknown(form=used.form_id, version=used.version)
    return older[-1]
