"""Private places for opened attachments: in memory where the system has such a place, gone when the opening ends.

Also when it does not end by itself: the window of the terminal is closed, somebody or the system ends the program.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from pathlib import Path
from typing import Final

from sync_scripts.store.clear_files import left_behind, memory, prefix, undisturbed
from sync_scripts.store.durable import is_device

_NAME: Final = 60
_ENDING: Final = 8


def make_place(workspace: str) -> Path:
    """Return a new folder that only its owner may enter, named after this process."""
    return Path(tempfile.mkdtemp(prefix=f"{prefix(workspace)}{os.getpid()}-", dir=memory()))


def remove_place(place: Path) -> None:
    """Remove a place, whole: whoever presses Ctrl-C once more, or closes the window as well, does not cut it short."""
    with undisturbed():
        shutil.rmtree(place, ignore_errors=True)


def remove_left_behind(workspace: str) -> None:
    """Remove the places of openings that were killed."""
    for left in left_behind(workspace):
        shutil.rmtree(left, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file name that does no harm on any system: no path, no hidden characters, no reserved word.

    What a phone called a file may be anything; at most 60 characters of it are kept.
    """
    text = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    text = re.sub(r'[\\/:*?"<>|]', "_", text).strip(". ")
    stem, dot, ending = text.rpartition(".")
    if dot and len(ending) <= _ENDING:
        text = f"{stem[: _NAME - len(ending) - 1].rstrip('. ')}.{ending}"
    text = text[:_NAME].strip(". ")
    return f"_{text}" if not text or is_device(text) else text
