"""What a version is published with: everything locked with hashes, licences that may be, signatures that a standard program verifies.

That two builds of one commit are equal is held by the session `wheel`, which makes them: ``nox -s wheel``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs import release

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRIES = [entry.replace("\\\n", " ") for entry in re.split(r"\n(?=\S)", LOCK.strip())]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = [
    Requirement(one)
    for one in (
        *PROJECT["dependencies"],
        *(
            one
            for name in ("java", "postgres", "notify", "keyring", "report")
            for one in PROJECT["optional-dependencies"][name]
        ),
    )
]

pytestmark = pytest.mark.once


def locked() -> dict[str, list[str]]:
    """Return the versions of each package that is locked."""
    found: dict[str, list[str]] = {}
    for entry in ENTRIES:
        one = Requirement(entry.partition(" --hash")[0].strip())
        found.setdefault(canonicalize_name(one.name), []).append(str(one.specifier).removeprefix("=="))
    return found


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_what_users_install_is_locked_at_versions_that_are_admitted(wanted: Requirement) -> None:
    """A dependency that is added or raised is locked anew: ``nox -s lock``."""
    versions = locked()[canonicalize_name(wanted.name)]
    assert versions
    assert all(wanted.specifier.contains(one, prereleases=True) for one in versions)


def test_each_locked_package_is_known_by_its_hashes() -> None:
    """So what a registry or a line hands out in place of it is refused."""
    assert len(ENTRIES) > 60
    assert not [entry for entry in ENTRIES if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)]
    assert "://" not in LOCK


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ([{"expression": "Apache-2.0 OR BSD-3-Clause"}], True),
        ([{"expression": "BSD-3-Clause AND (MIT AND Zlib)"}], True),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], True),
        ([{"expression": "MIT OR GPL-3.0-only"}], True),
        ([{"expression": "MIT AND GPL-3.0-only"}], False),
        ([{"license": {"id": "AGPL-3.0-or-later"}}], False),
        ([{"license": {"id": "LGPL-3.0-only"}}], False),
        ([], False),
    ],
)
def test_a_licence_is_permissive_or_somebody_looks(said: list[Mapping[str, Any]], may: bool) -> None:
    """One that says nothing is looked at, too."""
    assert release.suitable({"name": "invented", "licenses": said}) is may


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_a_signed_file_is_verified_and_a_changed_one_is_not(tmp_path: Path) -> None:
    """By the program that Debian ships, with a key of this test alone."""
    program = str(shutil.which("minisign"))
    key, public, file = tmp_path / "test.key", tmp_path / "test.pub", tmp_path / "dikalo-0.0-py3-none-any.whl"
    subprocess.run([program, "-G", "-W", "-s", key, "-p", public], check=True, capture_output=True)
    file.write_bytes(b"an invented wheel")
    release.sign(key, [file])
    verify = [program, "-V", "-p", str(public), "-m", str(file)]
    said = subprocess.run(verify, check=True, capture_output=True, text=True).stdout
    assert f"Trusted comment: {file.name}" in said
    file.write_bytes(b"another invented wheel")
    assert subprocess.run(verify, check=False, capture_output=True).returncode != 0
