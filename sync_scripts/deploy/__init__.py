"""Forms onto servers: what would be done, decided first; then done so that a second run has nothing to do."""

from sync_scripts.deploy.central import CentralForms, FilesNotTaken, WorkbookUnknown
from sync_scripts.deploy.kobo import FilesNotOnPhones, ImportFailed, KoboForms
from sync_scripts.deploy.package import (
    LISTS,
    CopyByHand,
    MediaLacking,
    Package,
    copied,
    key_of,
    keyed,
    pack,
    refuse_copy,
)
from sync_scripts.deploy.plan import (
    DraftOfOthers,
    FormArchived,
    FormHeldBack,
    Plan,
    SameVersion,
    Standing,
    plan,
    refuse,
)

__all__ = [
    "LISTS",
    "CentralForms",
    "CopyByHand",
    "DraftOfOthers",
    "FilesNotOnPhones",
    "FilesNotTaken",
    "FormArchived",
    "FormHeldBack",
    "ImportFailed",
    "KoboForms",
    "MediaLacking",
    "Package",
    "Plan",
    "SameVersion",
    "Standing",
    "WorkbookUnknown",
    "copied",
    "key_of",
    "keyed",
    "pack",
    "plan",
    "refuse",
    "refuse_copy",
]
