"""What can be wrong with an overlay, its base, or the workbook of its conflicts. Only error classes."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import Any, ClassVar

from xlsform.errors import N_, FormError

__all__ = [
    "BaseUnknown",
    "ConflictOpen",
    "ConflictsDamaged",
    "FormRefused",
    "OtherForm",
    "OutOfStep",
    "OverlayDamaged",
    "OverlayUnfit",
    "RowTwice",
    "UpgradeFirst",
]


@dataclass(eq=False, kw_only=True)
class OverlayDamaged(FormError):
    """An overlay file does not hold what an overlay must hold."""

    code: ClassVar[str] = "DK-F70"
    message: ClassVar[str] = N_(
        "{where}: the overlay cannot be used: {why}. Nothing was changed. Save the customised workbook again "
        "(dikalo forms save FILE), which writes the overlay anew, or put back the last one from forms/overlays/before."
    )
    where: str
    why: str

    def fields(self) -> dict[str, Any]:
        """Return the fields, the reason in the reader's language."""
        return {**super().fields(), "why": gettext(self.why)}


@dataclass(eq=False, kw_only=True)
class OverlayUnfit(FormError):
    """An operation of the overlay does not fit the base that the overlay names."""

    code: ClassVar[str] = "DK-F71"
    message: ClassVar[str] = N_(
        "The overlay of {form} does not fit its base {base}: {op} {key} finds something else there. Nothing was changed. "
        "Save the customised workbook again (dikalo forms save FILE), which writes the overlay anew."
    )
    form: str
    base: str
    op: str
    key: str


@dataclass(eq=False, kw_only=True)
class RowTwice(FormError):
    """Two rows have one key, so nobody can say which of them was changed."""

    code: ClassVar[str] = "DK-F72"
    message: ClassVar[str] = N_(
        "{file}: two rows of the sheet {sheet} are called {key} (the second one: row {row}). Nothing was changed. Give "
        "each row its own name, then run the command again."
    )
    file: str
    sheet: str
    key: str
    row: int


@dataclass(eq=False, kw_only=True)
class OtherForm(FormError):
    """An overlay or a workbook belongs to another form than the one meant."""

    code: ClassVar[str] = "DK-F73"
    message: ClassVar[str] = N_(
        "{file} belongs to the form {found}, not to {form}. Nothing was changed. Take the file of {form}, or name the "
        "other form."
    )
    file: str
    found: str
    form: str


@dataclass(eq=False, kw_only=True)
class BaseUnknown(FormError):
    """The base that a customised form was made from is not here."""

    code: ClassVar[str] = "DK-F74"
    message: ClassVar[str] = N_(
        "The form {form} here was made from version {version} of the base, and that version is not at hand. Nothing was "
        "changed. Put its workbook, as it was, into forms/overlays/base and call it {form}@{version}.xlsx."
    )
    form: str
    version: str


@dataclass(eq=False, kw_only=True)
class UpgradeFirst(FormError):
    """The base has a newer version: changes are saved on top of that one."""

    code: ClassVar[str] = "DK-F75"
    message: ClassVar[str] = N_(
        "The base of {form} has a newer version ({shipped}; yours stands on {base}). Nothing was changed and your file is "
        "untouched. First run: dikalo forms upgrade {form}; then save this file again."
    )
    form: str
    base: str
    shipped: str


@dataclass(eq=False, kw_only=True)
class OutOfStep(FormError):
    """The workbook in use and the overlay say different things, so one of them was changed by hand."""

    code: ClassVar[str] = "DK-F76"
    message: ClassVar[str] = N_(
        "The workbook {form}.xlsx and its overlay do not say the same: one of them was changed by hand. Nothing was "
        "changed. Say which one counts: dikalo forms save forms/{form}.xlsx, or dikalo forms save "
        "forms/overlays/{form}.yaml."
    )
    form: str


@dataclass(eq=False, kw_only=True)
class ConflictsDamaged(FormError):
    """A workbook of conflicts cannot be read back."""

    code: ClassVar[str] = "DK-F77"
    message: ClassVar[str] = N_(
        "{file}: this workbook of conflicts cannot be used: {why}. Nothing was changed. Correct it, or delete it and run dikalo "
        "forms upgrade FORM again, which writes a new one."
    )
    file: str
    why: str

    def fields(self) -> dict[str, Any]:
        """Return the fields, the reason in the reader's language."""
        return {**super().fields(), "why": gettext(self.why)}


@dataclass(eq=False, kw_only=True)
class ConflictOpen(FormError):
    """A form is to be deployed while a conflict of its upgrade waits for a decision."""

    code: ClassVar[str] = "DK-F69"
    message: ClassVar[str] = N_(
        "The form {form} was not sent: a conflict of its upgrade waits for a decision in forms/overlays/{form}.conflits.xlsx. "
        "Settle it there and run dikalo forms upgrade {form}, or delete that file to go on with the form in use."
    )
    form: str


@dataclass(eq=False, kw_only=True)
class FormRefused(FormError):
    """A form does what no organisation's form may do, or would not work on phones."""

    code: ClassVar[str] = "DK-F78"
    message: ClassVar[str] = N_(
        "{file} was not taken: {count} things in it may not be, or would not work on phones; each is said above. Nothing "
        "was changed, and no option lets them through. Correct them in the file and run the command again."
    )
    file: str
    count: int
