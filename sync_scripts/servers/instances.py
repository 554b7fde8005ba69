"""Where instances lie in a folder, by the layout that a phone, ODK Briefcase or a classroom gives it. Opens no file."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from sync_scripts.servers.inbox import MARKER
from sync_scripts.servers.plain_files import is_junction, touched

__all__ = ["instance_file", "listing", "road"]

_PHONE_NAME: Final = re.compile(r".+_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:_\d+)?")


def listing(folder: str) -> tuple[dict[str, os.stat_result], list[tuple[str, int]], int]:
    """Return XML files with what the system knows of them, folders with when they were touched, a count of the rest."""
    files: dict[str, os.stat_result] = {}
    folders: list[tuple[str, int]] = []
    others = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != MARKER and entry.name.startswith("."):
                continue
            if entry.name == MARKER or entry.name.endswith(".xml"):
                files[entry.name] = entry.stat(follow_symlinks=False)
            elif entry.is_dir(follow_symlinks=False) and not is_junction(
                about := entry.stat(follow_symlinks=False)
            ):
                # Windows keeps what a listing says of a folder up to date when it likes
                folders.append((entry.name, touched(entry.path) if os.name == "nt" else about.st_mtime_ns))
            else:
                others += 1
    return files, sorted(folders), others


def road(place: str) -> str:
    """Say by which way an instance came, from the layout around it."""
    *_, parent, _name, xml = ("", "", *place.split("/"))
    if xml != "submission.xml":
        return "phone"
    return "briefcase" if parent == "instances" else "inbox"


def instance_file(folder: str, files: dict[str, os.stat_result]) -> str | None:
    """Return the name of the instance XML among the files of a directory, if the directory is an instance.

    A blank form lies in a directory of its own name too (Briefcase), so a phone's layout is only believed under
    ``instances`` or with a phone's date in the name.
    """
    if not files:
        return None
    if "submission.xml" in files and stat.S_ISREG(files["submission.xml"].st_mode):
        return "submission.xml"
    *_, above, name = ("", *Path(folder).parts)
    own = f"{name}.xml"
    believed = above == "instances" or _PHONE_NAME.fullmatch(name)
    return own if believed and own in files and stat.S_ISREG(files[own].st_mode) else None
