"""What can go wrong with a backup or a restore, each in words of its own."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Attention, Damaged, DikaloError, NotAllowed, Unreachable, UsageProblem

PlaceUnnamed: Final = UsageProblem.declare(
    "DK-V01",
    "No place for backups is named. Nothing was done. Name a folder on a USB stick or another disk: dikalo backup --to FOLDER; with "
    "--keep it is written into dikalo.toml.",
)
PlaceAbsent: Final = Unreachable.declare(
    "DK-V02",
    "The folder of the backups is not there, or cannot be read (a USB stick that is not plugged in?). Nothing was done. Plug it in, or name "
    "another folder, and run the command again.",
)
PlaceLost: Final = Unreachable.declare(
    "DK-V03",
    "The place of the backups went away in the middle, or cannot be written. The workspace is as it was, and so are the backups made "
    "before. Plug the USB stick in again and run the command again: what was copied stays.",
)
PlaceFull: Final = DikaloError.declare(
    "DK-V04",
    "The place of the backups is full, and removing older backups does not free enough space (removed now: {dropped}; the newest two "
    "always stay). The workspace is as it was. Delete nothing of the backups, no single file: each needs them. Remove something else "
    "there and run the command again (what was copied stays), or name another USB stick (--to): once a backup is there, this folder "
    "can be deleted as a whole.",
    dropped=0,
)
PlaceOfAnother: Final = UsageProblem.declare(
    "DK-V05",
    "This folder holds the backups of another register. Nothing was written into it. Name another folder, or an empty one.",
)
PlaceTaken: Final = DikaloError.declare(
    "DK-V06",
    "Another backup is being written to this place. Nothing was done. Wait until it has ended and run the command again.",
)
PlaceInside: Final = UsageProblem.declare(
    "DK-V07",
    "A place of backups cannot be inside the workspace, nor the workspace inside it. Nothing was done. Name a folder on a USB stick or "
    "another disk.",
)
PlaceNewer: Final = DikaloError.declare(
    "DK-V08",
    "These backups were written by a newer dikalo. Nothing was read or changed. Install the newer dikalo and run the command again.",
)
PlaceUnknown: Final = UsageProblem.declare(
    "DK-V09",
    "No backup of dikalo is in this folder. Nothing was done. Name the folder in which backups were made.",
)
CopyUnsound: Final = Damaged.declare(
    "DK-V10",
    "The backup, read back, was not what had been written ({what}): it was removed. The workspace is as it was, and so are the "
    "backups made before. The USB stick may be failing: make the backup on another one.",
)
ClockBefore: Final = Attention.declare(
    "DK-V11",
    "The clock of this computer is before the newest backup ({at} UTC). The backup was made, and no older one was removed. Set the clock, then "
    "run dikalo backup again.",
)
FilesLacking: Final = Attention.declare(
    "DK-V12",
    "Sealed files missing or damaged, not copied: {count}. Everything else was copied. To see their names, run dikalo verify.",
)
KeyOpensNothing: Final = NotAllowed.declare(
    "DK-V13",
    "No backup in this folder opens with this key. Nothing was made. Check the key, or use that of another holder (--key).",
)
NoCopySound: Final = Damaged.declare(
    "DK-V14",
    "None of the {count} backups in this folder is whole. Nothing was made. Try the backups of another place; keep this one as it is "
    "and ask for help.",
)
RestoreDiffers: Final = Damaged.declare(
    "DK-V15",
    "The rehearsal failed: {what}. The workspace is as it was. Make a new backup (dikalo backup), if possible at another place, and "
    "rehearse again.",
)
BackupUnfinished: Final = Attention.declare(
    "DK-V16",
    "The backup is not made yet: a round gives it no more time, and sealed files are still to be copied ({count}). What was "
    "copied stays, and the next round goes on. To finish it now, run dikalo backup.",
)
FileTooLarge: Final = DikaloError.declare(
    "DK-V17",
    "A file is too large for the place of the backups: a USB stick in the format FAT32 takes no file over 4 GB. Nothing was removed, and "
    "the workspace is as it was. Name another USB stick (--to), in the format exFAT.",
)
