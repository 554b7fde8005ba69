"""The wheels of a kit: fetched by pip, by hash, for each kind of computer; and dikalo's own. Runs nothing of what it fetches."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from sync_scripts.errors import Unreachable, UsageProblem
from sync_scripts.kit.locked import Computer, Locked

PipMissing: Final = UsageProblem.declare(
    "DK-N70",
    "The Python that runs dikalo has no pip, which fetches what a kit is made of. Nothing was written. Install it (python -m "
    "ensurepip), and run the command again.",
)
WheelUnknown: Final = UsageProblem.declare(
    "DK-N68",
    "dikalo does not know from which file it was installed here. Nothing was written. Name its wheel: dikalo kit offline --to "
    "FOLDER --wheel FILE.",
)
NotFetched: Final = Unreachable.declare(
    "DK-N69",
    "Not everything could be fetched for {system} with Python {python}. What came is kept in {folder}. Look at the network, and run "
    "the command again: it goes on from there.",
)


def require_pip() -> None:
    """Let pass where pip is there.

    Raises:
        PipMissing: it is not.
    """
    if not _runs("--version"):
        raise PipMissing


def fetch(packages: Sequence[Locked], computer: Computer, python: str, folder: Path) -> bool:
    """Fetch the wheels of some packages into a folder, those that are not there yet; tell whether all are there now.

    A file with another hash than the locked ones is refused by pip, and counts as not fetched.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "wanted.txt")
        wanted.write_text("".join(f"{one.line()}\n" for one in packages), encoding="utf-8")
        abis = (f"cp{python.replace('.', '')}", "abi3", "none")
        return _runs(
            *("download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(wanted)),
            *("--dest", str(folder), "--python-version", python, "--implementation", "cp"),
            *(word for abi in abis for word in ("--abi", abi)),
            *(word for name in computer.wheels for word in ("--platform", name)),
        )


def own_wheel(named: Path | None, folder: Path) -> Path:
    """Lay dikalo's own wheel into a folder and return it: the one that is named, the one it was installed from, or one built of its source.

    Raises:
        WheelUnknown: there is none.
    """
    origin = named or _origin()
    if origin is None or not origin.exists():
        raise WheelUnknown
    if origin.is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            if not _runs("wheel", "--no-deps", "--wheel-dir", scratch, str(origin)):
                raise WheelUnknown
            (built,) = Path(scratch).glob("dikalo-*.whl")
            return Path(shutil.copy(built, folder))
    return Path(shutil.copy(origin, folder))


def _origin() -> Path | None:
    """Return the folder or wheel from which dikalo was installed, as pip wrote it down (PEP 610); None where it did not."""
    try:
        said = distribution("dikalo").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    address = urlsplit(json.loads(said)["url"]) if said else None
    if address is None or address.scheme != "file":
        return None
    return Path(url2pathname(unquote(address.path)))


def _runs(*words: str) -> bool:
    """Run pip, whose words hold addresses and are shown to nobody; tell whether it ended well."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    return subprocess.run([*pip, *words], capture_output=True, check=False).returncode == 0  # noqa: S603
