"""From a page (HTML) to a PDF, when a program on this computer can: Chromium and its kin, else LibreOffice.

Nothing is installed and nothing is fetched. The page lies in a folder of its own while it is printed, readable by its
owner only, and is removed afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from xlsform.errors import FormError

_LONGEST_S: Final = 120
_BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
_OFFICES: Final = ("soffice", "libreoffice")
_ELSEWHERE: Final = (
    # Edge is on every Windows; none of these is on the path there
    ("browser", "PROGRAMFILES(X86)", "Microsoft/Edge/Application/msedge.exe"),
    ("browser", "PROGRAMFILES", "Microsoft/Edge/Application/msedge.exe"),
    ("browser", "PROGRAMFILES", "Google/Chrome/Application/chrome.exe"),
    ("office", "PROGRAMFILES", "LibreOffice/program/soffice.exe"),
)
_ON_MACS: Final = (
    ("browser", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    ("browser", "/Applications/Chromium.app/Contents/MacOS/Chromium"),
    ("office", "/Applications/LibreOffice.app/Contents/MacOS/soffice"),
)
PdfFailed: Final = FormError.declare(
    "DK-F90",
    "{program} was asked for a PDF and made none. Nothing was written. Let the name of the file end in .html instead "
    "and print that page from any browser.",
)


@dataclass(frozen=True, slots=True)
class Route:
    """A program that turns a page into a PDF."""

    kind: Literal["browser", "office"]
    program: Path

    @property
    def name(self) -> str:
        """Return the program's name as reports show it."""
        return "LibreOffice" if self.kind == "office" else self.program.stem


def routes() -> tuple[Route, ...]:
    """Return the programs on this computer that can, the best first; none is tried."""
    return tuple(_routes())


def _routes() -> Iterator[Route]:
    for kind, names in (("browser", _BROWSERS), ("office", _OFFICES)):
        for found in filter(None, map(shutil.which, names)):
            yield _route(kind, Path(found))
        for path in _elsewhere(kind):
            yield _route(kind, path)


def _route(kind: str, path: Path) -> Route:
    return Route("office" if kind == "office" else "browser", path)


def _elsewhere(kind: str) -> Iterator[Path]:
    if sys.platform == "darwin":
        candidates = [Path(path) for sort, path in _ON_MACS if sort == kind]
    else:
        roots = ((os.environ.get(root), tail) for sort, root, tail in _ELSEWHERE if sort == kind)
        candidates = [Path(root, tail) for root, tail in roots if root]
    yield from (path for path in candidates if path.is_file())


def printed(page: str, ways: Sequence[Route]) -> tuple[bytes, Route]:
    """Return the page as a PDF, and who made it: the first way that works. Its ``@page`` rules say paper and margins.

    A browser that came as a Snap cannot read what another program put into the system's temporary folder, and fails.

    Raises:
        PdfFailed: none of them made a PDF within two minutes.
    """
    for way in ways:
        data = _printed(page, way)
        if data.startswith(b"%PDF-"):
            return data, way
    raise PdfFailed(program=", ".join(dict.fromkeys(way.name for way in ways)) or "-")


def _printed(page: str, route: Route) -> bytes:
    with TemporaryDirectory(prefix="dikalo-print-", ignore_cleanup_errors=True) as folder:
        here = Path(folder)
        (here / "page.html").write_text(page, encoding="utf-8")
        try:
            subprocess.run(  # noqa: S603 - a program of this list, on a file of ours
                _command(route, here),
                cwd=here,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_LONGEST_S,
                check=False,
            )
            return (here / "page.pdf").read_bytes()
        except (OSError, subprocess.TimeoutExpired):
            return b""


def _command(route: Route, folder: Path) -> Sequence[str]:
    if route.kind == "office":
        return (
            str(route.program),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf:writer_web_pdf_Export",
            str(folder / "page.html"),
        )
    return (
        str(route.program),
        "--headless=new",
        "--disable-gpu",
        *(("--no-sandbox",) if _is_root() else ()),  # Chromium refuses to start for root otherwise
        "--disable-extensions",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={folder / 'page.pdf'}",
        (folder / "page.html").as_uri(),
    )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
