"""What can be wrong with an overlay, its base, or the workbook of its conflicts. Only error classes."""

from __future__ import annotations

from gettext import gettext
from typing import Final

from xlsform.errors import FormError

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


OverlayDamaged: Final = FormError.declare(
    "DK-F70",
    "{where}: the overlay cannot be used: {why}. Nothing was changed. Save the customised workbook again "
    "(dikalo forms save FILE), which writes the overlay anew, or put back the last one from forms/overlays/before.",
    shown={"why": gettext},
)
OverlayUnfit: Final = FormError.declare(
    "DK-F71",
    "The overlay of {form} does not fit its base {base}: {op} {key} finds something else there. Nothing was changed. "
    "Save the customised workbook again (dikalo forms save FILE), which writes the overlay anew.",
)
RowTwice: Final = FormError.declare(
    "DK-F72",
    "{file}: two rows of the sheet {sheet} are called {key} (the second one: row {row}). Nothing was changed. Give "
    "each row its own name, then run the command again.",
)
OtherForm: Final = FormError.declare(
    "DK-F73",
    "{file} belongs to the form {found}, not to {form}. Nothing was changed. Take the file of {form}, or name the "
    "other form.",
)
BaseUnknown: Final = FormError.declare(
    "DK-F74",
    "The form {form} here was made from version {version} of the base, and that version is not at hand. Nothing was "
    "changed. Put its workbook, as it was, into forms/overlays/base and call it {form}@{version}.xlsx.",
)
UpgradeFirst: Final = FormError.declare(
    "DK-F75",
    "The base of {form} has a newer version ({shipped}; yours stands on {base}). Nothing was changed and your file is "
    "untouched. First run: dikalo forms upgrade {form}; then save this file again.",
)
OutOfStep: Final = FormError.declare(
    "DK-F76",
    "The workbook {form}.xlsx and its overlay do not say the same: one of them was changed by hand. Nothing was "
    "changed. Say which one counts: dikalo forms save forms/{form}.xlsx, or dikalo forms save "
    "forms/overlays/{form}.yaml.",
)
ConflictsDamaged: Final = FormError.declare(
    "DK-F77",
    "{file}: this workbook of conflicts cannot be used: {why}. Nothing was changed. Correct it, or delete it and run dikalo "
    "forms upgrade FORM again, which writes a new one.",
    shown={"why": gettext},
)
ConflictOpen: Final = FormError.declare(
    "DK-F69",
    "The form {form} was not sent: a conflict of its upgrade waits for a decision in forms/overlays/{form}.conflits.xlsx. "
    "Settle it there and run dikalo forms upgrade {form}, or delete that file to go on with the form in use.",
)
FormRefused: Final = FormError.declare(
    "DK-F78",
    "{file} was not taken: {count} things in it may not be, or would not work on phones; each is said above. Nothing "
    "was changed, and no option lets them through. Correct them in the file and run the command again.",
)
