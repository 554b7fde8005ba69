"""The folder of sealed files: ``sealed/ab/<sha256 of the sealed bytes>.age``.

Nothing here can open a file, and nothing needs to: the name proves the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sync_scripts.store.durable import draft, make_folder

INCOMING: Final = ".incoming"


def path_of(folder: Path, name: str) -> Path:
    """Return where the sealed file of that name lies; its name is 64 hex."""
    return folder / name[:2] / f"{name}.age"


class SealedWriter:
    """What age writes its sealed bytes into; ends as a file named by their hash."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write
        self._hash = hashlib.sha256()
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Write sealed bytes; an error is kept, since age passes on only its text."""
        try:
            self._hash.update(data)
            return self._write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def name(self) -> str:
        """SHA-256 of what was written, in hex."""
        return self._hash.hexdigest()


@contextmanager
def sealed_writer(folder: Path) -> Iterator[SealedWriter]:
    """Give a writer; when the block ends well the file stands under its final name, durably."""
    incoming = folder / INCOMING
    make_folder(incoming)
    with draft(incoming) as made:
        writer = SealedWriter(made.write)
        yield writer
        made.publish(path_of(folder, writer.name))


def damaged(folder: Path, names: Iterator[str]) -> Iterator[str]:
    """Yield the names whose file is missing or does not have the hash that it is named by; needs no key."""
    for name in names:
        if not is_sound(folder, name):
            yield name


def is_sound(folder: Path, name: str) -> bool:
    """Return whether the sealed file is there and is what its name says."""
    try:
        with path_of(folder, name).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == name
    except OSError:
        return False
