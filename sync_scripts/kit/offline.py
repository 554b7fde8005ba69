"""A kit that installs dikalo where there is no network: wheels, what they must hash to, scripts in two languages, forms and pages.

A kit is a plain folder for a stick. It holds no data of any workspace. Making it again goes on where it stopped, and replaces what
is of another version.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync_scripts.kit import locked, scripts, wheels
from sync_scripts.kit.locked import COMPUTERS, Locked
from xlsform.pack import forms, forms_root

SUMS: Final = "SHA256SUMS"
_OWN: Final = "dikalo-"
Fetch = Callable[[Sequence[Locked], locked.Computer, str, Path], bool]
Texts = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of computer needs with one version of Python."""

    system: str
    python: str
    packages: tuple[Locked, ...]


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit that was made: its folder, how many files of how many bytes, and the hash of the list of their hashes.

    Whoever hands it over reads the beginning of ``fingerprint`` to whoever gets it, by another way.
    """

    folder: Path
    wheels: int
    files: int
    bytes: int
    fingerprint: str


def plan(systems: Sequence[str], pythons: Sequence[str], lock: str) -> tuple[Part, ...]:
    """Return what is to be fetched, computer by computer."""
    return tuple(
        Part(system, python, tuple(locked.needed(lock, COMPUTERS[system], python)))
        for system in systems
        for python in pythons
    )


def make(
    parts: Sequence[Part],
    folder: Path,
    wheel: Path | None,
    texts: Texts,
    *,
    lock: str,
    fetch: Fetch = wheels.fetch,
    done: Callable[[int], None] = lambda _one: None,
) -> Kit:
    """Make a kit.

    Args:
        parts: of `plan`.
        folder: where; made if it is not there.
        wheel: dikalo's own; None = the one it was installed from.
        texts: lines of each page that goes along, by its place in the kit, such as ``guide/en/keys.txt``.
        lock: the text of what is locked.
        fetch: fetches the wheels of a part into a folder, and tells whether all are there.
        done: called behind each part.

    Raises:
        PipMissing, WheelUnknown, NotFetched: as they say.
    """
    place = folder / "wheels"
    place.mkdir(parents=True, exist_ok=True)
    (folder / SUMS).unlink(missing_ok=True)  # until it is whole
    for old in place.glob(f"{_OWN}*.whl"):
        old.unlink()
    own = wheels.own_wheel(wheel, place)
    for one in parts:
        if not fetch(one.packages, COMPUTERS[one.system], one.python, place):
            raise wheels.NotFetched(system=one.system, python=one.python, folder=str(folder))
        done(1)
    _remove_others(place, parts)
    version = own.name.split("-")[1]
    required = f"{lock.rstrip()}\n{_OWN[:-1]}=={version} \\\n    --hash=sha256:{_hash(own)}\n"
    _write(folder / "requirements.txt", required)
    pythons = sorted({one.python for one in parts}, reverse=True)
    for name, text in (*scripts.files(pythons), *((name, "\n".join(lines)) for name, lines in texts.items())):
        _write(folder / name, text)
    _copy_forms(folder / "forms")
    return _summed(folder)


def _remove_others(place: Path, parts: Sequence[Part]) -> None:
    """Remove the wheels of versions that are not locked any more."""
    kept = {(_plain(one.name), one.version) for part in parts for one in part.packages}
    for file in place.glob("*.whl"):
        name, version = file.name.split("-")[:2]
        if not file.name.startswith(_OWN) and (_plain(name), version) not in kept:
            file.unlink()


def _plain(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()


def _copy_forms(to: Path) -> None:
    """Copy the workbooks of the forms, and the pictures and lists that go with them to phones."""
    for form in forms():
        to.mkdir(exist_ok=True)
        shutil.copyfile(form.workbook, to / form.workbook.name)
    shutil.copytree(forms_root() / "media", to / "media", dirs_exist_ok=True)


def _write(file: Path, text: str) -> None:
    """Write a text; for Windows with its own ends of lines, which its shell asks for."""
    file.parent.mkdir(parents=True, exist_ok=True)
    windows = file.suffix in {".bat", ".txt"} and file.name != "requirements.txt"
    file.write_text(f"{text.strip()}\n", encoding="utf-8", newline="\r\n" if windows else "\n")
    if file.suffix == ".sh":
        file.chmod(0o755)


def _summed(folder: Path) -> Kit:
    """Write the hash of each file of a kit down, and say what it is."""
    files = [one for one in sorted(folder.rglob("*")) if one.is_file() and one.name != SUMS]
    lines = [f"{_hash(one)}  {one.relative_to(folder).as_posix()}\n" for one in files]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return Kit(
        folder,
        wheels=sum(one.suffix == ".whl" for one in files),
        files=len(files),
        bytes=sum(one.stat().st_size for one in files),
        fingerprint=_hash(folder / SUMS),
    )


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def groups(fingerprint: str) -> Iterator[str]:
    """Yield the beginning of a fingerprint in groups of four signs, as it is read out: 128 bits."""
    for start in range(0, 32, 4):
        yield fingerprint[start : start + 4]
