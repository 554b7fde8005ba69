"""What is locked: each package with its version and hashes, and which of them a kind of computer needs. Fetches nothing.

The lock, ``requirements.lock`` of the source, is written for every system and Python at once. An installed wheel carries it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import Marker
from packaging.requirements import Requirement

PYTHONS: Final = ("3.11", "3.12", "3.13")
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_HASH: Final = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Computer:
    """A kind of computer.

    Attributes:
        sys_platform, platform_system, os_name, machine: as Python calls them there.
        wheels: names of the platforms whose wheels run on it, for pip.
    """

    sys_platform: str
    platform_system: str
    os_name: str
    machine: str
    wheels: tuple[str, ...]


COMPUTERS: Final = {
    "linux": Computer(
        *("linux", "Linux", "posix", "x86_64"),
        tuple(f"manylinux_2_{minor}_x86_64" for minor in (5, 12, 17, 24, 26, 27, 28))
        + tuple(f"manylinux{year}_x86_64" for year in ("1", "2010", "2014")),
    ),
    "windows": Computer("win32", "Windows", "nt", "AMD64", ("win_amd64",)),
    # of Apple's own processors; some packages are no longer made for the older ones
    "macos": Computer(
        *("darwin", "Darwin", "posix", "arm64"),
        tuple(f"macosx_{major}_0_{kind}" for major in (11, 12, 13, 14) for kind in ("arm64", "universal2"))
        + tuple(f"macosx_10_{minor}_universal2" for minor in range(9, 16)),
    ),
}
"""The kinds for which a kit can be made, by the name that is typed."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One package: its name, its version, where it is needed, and the hashes of its files."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def line(self) -> str:
        """Return it as pip reads it, with its hashes, without where it is needed."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={one}" for one in self.hashes)])


def text() -> str:
    """Return the lock: of the source where this is a checkout, else the one that the wheel carries."""
    carried = _PACKAGE / "_requirements.lock"
    return (carried if carried.is_file() else _PACKAGE.parent / "requirements.lock").read_text("utf-8")


def read(lock: str) -> Iterator[Locked]:
    """Yield each package of a lock."""
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        one = Requirement(entry.partition("--hash")[0].replace("\\\n", " ").strip())
        version = str(one.specifier).removeprefix("==")
        yield Locked(one.name, version, one.marker, tuple(_HASH.findall(entry)))


def needed(lock: str, computer: Computer, python: str) -> list[Locked]:
    """Return the packages that a kind of computer needs with a version of Python, such as 3.11."""
    there = {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": computer.os_name,
        "platform_machine": computer.machine,
        "platform_python_implementation": "CPython",
        "platform_system": computer.platform_system,
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": computer.sys_platform,
    }
    return [one for one in read(lock) if one.marker is None or one.marker.evaluate(there)]
