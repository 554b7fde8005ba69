"""Make what is published of a version: wheel and source archive, what they are made of, checksums, signatures: ``nox -s release``.

Each is built twice, from two copies of the commit that have other rights and times, and both must be equal byte for byte: so anybody
who has the source can make the same wheel again. ``--key FILE`` signs with minisign, which asks for the passphrase of the key; how a key
is made and kept stands in SECURITY.md. Publishes nothing itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"
PERMISSIVE: Final = (
    "0BSD",
    "Apache",
    "BSD",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Mozilla Public License 2.0",
    "PSF",
    "Python-2.0",
    "Zlib",
)
"""How the licences begin of what may be installed with dikalo; MPL-2.0 asks only for its own files to stay open."""
BY_NAME: Final = {
    "psycopg": "LGPL-3.0-only",  # only with PostgreSQL, loaded as it is, no line of it in ours
    "psycopg-binary": "LGPL-3.0-only",
    "pyrage": "MIT",  # these three say it in a file of their own, and not in what describes them
    "pyxform": "BSD-2-Clause",
    "sqlcipher3": "Zlib",
}
"""What a person read of packages of which the list above does not decide."""


def main() -> None:
    """Write all of it into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--to", type=Path, default=ROOT / "dist", help="the folder; files of these names are replaced"
    )
    parser.add_argument("--key", type=Path, help="the secret key of minisign that signs")
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    made = [*built(given.to), materials(given.to)]
    sums = given.to / "SHA256SUMS"
    sums.write_text("".join(f"{_hash(one)}  {one.name}\n" for one in made), encoding="ascii", newline="\n")
    if given.key is not None:
        sign(given.key, (*made, sums))
    for one in (*made, sums):
        print(f"{_hash(one)}  {one}")


def built(to: Path) -> list[Path]:
    """Build wheel and source archive twice from the commit, compare, and lay them down; end where they differ."""
    with tempfile.TemporaryDirectory() as scratch:
        places = [_build(Path(scratch, name), umask) for name, umask in (("one", 0o022), ("other", 0o077))]
        names = sorted(one.name for one in places[0].iterdir())
        differing = [name for name in names if len({_hash(place / name) for place in places}) != 1]
        if differing:
            sys.exit(f"Two builds of one commit differ: {', '.join(differing)}")
        for name in names:
            (to / name).write_bytes((places[0] / name).read_bytes())
    return [to / name for name in names]


def _build(place: Path, umask: int) -> Path:
    """Copy the commit into a folder, build there, and return where wheel and source archive lie."""
    source, made = place / "source", place / "dist"
    place.mkdir()
    _run("git", "clone", "--quiet", ".", source, umask=umask)
    when = _run("git", "log", "-1", "--format=%ct").decode().strip()
    _run(
        *(sys.executable, "-m", "build", "--installer", "uv", "--outdir", made, source),
        env={**os.environ, "SOURCE_DATE_EPOCH": when},
        umask=umask,
    )
    return made


def materials(to: Path) -> Path:
    """Install the wheel with what is locked into an empty environment, look at each licence, and list all in CycloneDX's JSON."""
    (wheel,) = to.glob("dikalo-*.whl")
    listed = wheel.with_suffix(".cdx.json")
    with tempfile.TemporaryDirectory() as scratch:
        env = Path(scratch, "env")
        _run("uv", "venv", "-q", "--python", sys.executable, env)
        install = ("uv", "pip", "install", "-q", "--python", env)
        _run(*install, "--require-hashes", "-r", LOCK)
        _run(*install, "--no-deps", wheel)
        _run("cyclonedx-py", "environment", "--output-reproducible", "--of", "JSON", "-o", listed, env)
    parts = json.loads(listed.read_bytes())["components"]
    unsuitable = [one["name"] for one in parts if not suitable(one)]
    if unsuitable:
        sys.exit(f"Look at the licences of: {', '.join(unsuitable)}")
    return listed


def suitable(part: Mapping[str, Any]) -> bool:
    """Tell whether what is installed with dikalo may be: by a licence that its package names, or by what a person read of it."""
    return part["name"].lower() in BY_NAME or any(
        all(word.startswith(PERMISSIVE) for word in said.replace("(", "").replace(")", "").split(" AND "))
        for said in _licences(part)
    )


def _licences(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a package says of its licence: each choice that it leaves, and the names of its classifiers."""
    for one in part.get("licenses", ()):
        named = one.get("license", {})
        said = one.get("expression") or named.get("id") or named.get("name", "")
        yield from said.removeprefix("License :: OSI Approved :: ").split(" OR ")


def sign(key: Path, files: Iterable[Path]) -> None:
    """Sign each file with minisign, which asks for the passphrase; the signature lies beside it, as ``NAME.minisig``."""
    program = shutil.which("minisign")
    if program is None:
        sys.exit("minisign is not installed: on Debian, apt install minisign")
    for one in files:
        subprocess.run([program, "-S", "-s", str(key), "-m", str(one), "-t", one.name], check=True)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(*words: str | Path, env: Mapping[str, str] | None = None, umask: int = -1) -> bytes:
    """Run a program in the checkout and return what it printed; end with its words where it fails."""
    done = subprocess.run(
        [str(one) for one in words], cwd=ROOT, env=env, umask=umask, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace") or f"{words[0]} failed")
    return done.stdout


if __name__ == "__main__":
    main()
