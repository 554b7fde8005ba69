"""LibreOffice without a window, under one profile for all tests of a process: to make a new one takes as long again as to start."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@dataclass(frozen=True)
class Office:
    """The program, and the folder of its profile."""

    program: str
    profile: Path

    def save(self, kind: str, folder: Path, *files: Path) -> Path:
        """Open files and save them in one format into a folder; return the folder."""
        profile = f"-env:UserInstallation={self.profile.as_uri()}"
        asked = [
            self.program,
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            *map(str, files),
        ]
        subprocess.run(asked, check=True, capture_output=True, timeout=300)
        return folder

    def through(self, path: Path, *kinds: str) -> Path:
        """Return a file after LibreOffice wrote it in one format after another."""
        (made,) = self.each_through([path], *kinds)
        return made

    def each_through(self, paths: Sequence[Path], *kinds: str) -> Sequence[Path]:
        """Return several files, each of another name, after LibreOffice was started once for each format."""
        for kind in kinds:
            folder = self.save(kind, paths[0].parent / f"as-{kind}", *paths)
            paths = [folder / f"{path.stem}.{kind}" for path in paths]
        return paths


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """Give LibreOffice; where it is missing, skip."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("needs LibreOffice")
    with TemporaryDirectory(prefix="dikalo-office-", ignore_cleanup_errors=True) as profile:
        yield Office(program, Path(profile))
