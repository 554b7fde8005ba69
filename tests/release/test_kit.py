"""A kit for computers without a network: what each needs, what is there after a cut, and a script that notices a changed file.

That a kit installs, and its demonstration runs, where there is no network is held by the session `wheel`: ``nox -s wheel``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sync_scripts.kit import locked, offline, scripts
from sync_scripts.kit.locked import COMPUTERS, Computer, Locked
from sync_scripts.kit.offline import Kit, groups
from sync_scripts.kit.wheels import NotFetched, WheelUnknown
from sync_scripts.texts import LANGUAGES, said_in

LOCK = """\
alembic==1.0 \\
    --hash=sha256:{a}
numpy==2.4 ; python_full_version < '3.12' \\
    --hash=sha256:{b} \\
    --hash=sha256:{c}
numpy==2.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{c}
tzdata==2026.1 ; sys_platform == 'win32' \\
    --hash=sha256:{a}
""".format(a="a" * 64, b="b" * 64, c="c" * 64)


def lay(packages: Sequence[Locked], _computer: Computer, _python: str, folder: Path) -> bool:
    """Stand in for pip: lay an empty wheel of each package down."""
    for one in packages:
        (folder / f"{one.name}-{one.version}-py3-none-any.whl").write_bytes(b"")
    return True


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return dikalo's own wheel, invented."""
    file = tmp_path / "dikalo-0.1.0-py3-none-any.whl"
    file.write_bytes(b"an invented wheel")
    return file


def make(folder: Path, wheel: Path, lock: str = LOCK) -> Kit:
    """Make a kit for Linux with two versions of Python."""
    parts = offline.plan(["linux"], ["3.11", "3.13"], lock)
    return offline.make(parts, folder, wheel, {"guide/en/keys.txt": ["# Keys"]}, lock=lock, fetch=lay)


def there(folder: Path) -> dict[str, bytes]:
    """Return the files of a kit and what they hold."""
    return {
        one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


@pytest.mark.parametrize(
    ("system", "python", "names"),
    [
        ("linux", "3.11", ["alembic 1.0", "numpy 2.4"]),
        ("macos", "3.13", ["alembic 1.0", "numpy 2.5"]),
        ("windows", "3.12", ["alembic 1.0", "numpy 2.5", "tzdata 2026.1"]),
    ],
)
def test_each_computer_gets_what_it_needs(system: str, python: str, names: list[str]) -> None:
    """By the markers of what is locked, whatever this computer is."""
    found = locked.needed(LOCK, COMPUTERS[system], python)
    assert [f"{one.name} {one.version}" for one in found] == names


def test_the_lock_of_this_program_is_read_whole() -> None:
    """Each entry with its hashes, as the wheel carries it."""
    found = list(locked.read(locked.text()))
    assert len(found) > 60
    assert all(one.version and one.hashes for one in found)


def test_a_kit_lists_each_file_and_is_the_same_again(tmp_path: Path, wheel: Path) -> None:
    """Scripts and texts in both languages, forms, pages, and dikalo itself by its hash; a second run changes nothing."""
    folder = tmp_path / "kit"
    kit = make(folder, wheel)
    first = there(folder)
    assert {
        "install.sh",
        "install.bat",
        "installer.sh",
        "installer.bat",
        "README.txt",
        "LISEZMOI.txt",
    } <= first.keys()
    assert {"forms/alert.xlsx", "forms/media/alert_arrest.png", "guide/en/keys.txt"} <= first.keys()
    assert b"dikalo==0.1.0" in first["requirements.txt"]
    assert len(first["SHA256SUMS"].splitlines()) == len(first) - 1 == kit.files
    assert make(folder, wheel) == kit
    assert there(folder) == first


def test_what_is_of_another_version_goes(tmp_path: Path, wheel: Path) -> None:
    """A kit that is made anew holds one version of each package for a computer."""
    folder = tmp_path / "kit"
    make(folder, wheel)
    make(folder, wheel, LOCK.replace("alembic==1.0", "alembic==1.1"))
    names = {one.name for one in (folder / "wheels").iterdir()}
    assert {one for one in names if one.startswith("alembic")} == {"alembic-1.1-py3-none-any.whl"}


def test_what_came_is_kept_when_the_network_fails(tmp_path: Path, wheel: Path) -> None:
    """The next run goes on; nothing yet says that the kit is whole."""
    folder, parts = tmp_path / "kit", offline.plan(["linux", "windows"], ["3.13"], LOCK)

    def fetch(packages: Sequence[Locked], computer: Computer, python: str, to: Path) -> bool:
        return computer.sys_platform == "linux" and lay(packages, computer, python, to)

    with pytest.raises(NotFetched):
        offline.make(parts, folder, wheel, {}, lock=LOCK, fetch=fetch)
    assert (folder / "wheels" / "alembic-1.0-py3-none-any.whl").is_file()
    assert not (folder / "SHA256SUMS").exists()


def test_a_kit_that_was_whole_is_not_called_so_while_it_is_made_anew(tmp_path: Path, wheel: Path) -> None:
    """Its list of hashes goes first, so that nobody installs a half of one version and a half of another."""
    folder = tmp_path / "kit"
    make(folder, wheel)
    with pytest.raises(NotFetched):
        offline.make(
            offline.plan(["linux"], ["3.13"], LOCK), folder, wheel, {}, lock=LOCK, fetch=lambda *_given: False
        )
    assert not (folder / "SHA256SUMS").exists()


def test_a_wheel_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    """In words, before anything is fetched."""
    with pytest.raises(WheelUnknown):
        make(tmp_path / "kit", tmp_path / "dikalo-0.1.0-py3-none-any.whl")


@pytest.mark.parametrize("fault", ["changed", "gone"])
def test_the_script_stops_before_a_file_that_is_not_as_listed(
    tmp_path: Path, wheel: Path, fault: str
) -> None:
    """It names the file, and installs nothing; a file that was laid beside is run by nobody."""
    folder = tmp_path / "kit"
    make(folder, wheel)
    check = [sys.executable, "-I", "-B", str(folder / "check.py")]
    (folder / "hashlib.py").write_text("raise SystemExit('it was run')", encoding="utf-8")
    assert subprocess.run(check, check=False).returncode == 0
    file = folder / "forms" / "alert.xlsx"
    if fault == "changed":
        file.write_bytes(file.read_bytes() + b" ")
    else:
        file.unlink()
    said = subprocess.run(check, check=False, capture_output=True, text=True)
    assert (said.returncode, said.stderr.strip()) == (1, "forms/alert.xlsx")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_scripts_say_holds_no_sign_of_a_shell(lang: str) -> None:
    """Neither of the one of Linux nor of that of Windows, which would run or swallow it."""
    said = [said_in(lang, sentence) for sentence in scripts.SENTENCES.values()]
    assert not [one for one in said if set(one) & set('"$`\\%&|<>^!@')]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sh")
def test_a_shell_reads_the_scripts(tmp_path: Path, wheel: Path) -> None:
    """Nothing is left to be filled in."""
    make(tmp_path / "kit", wheel)
    for name in ("install.sh", "installer.sh"):
        subprocess.run(["/bin/sh", "-n", str(tmp_path / "kit" / name)], check=True)
        assert "@" not in (tmp_path / "kit" / name).read_text(encoding="utf-8")


def test_a_fingerprint_is_read_out_in_groups() -> None:
    """Of 128 bits: no other kit begins so."""
    assert list(groups("0123456789abcdef" * 4)) == ["0123", "4567", "89ab", "cdef"] * 2
