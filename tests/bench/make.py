"""Lay a benchmark's source and workspace: ``python -m tests.bench.make FOLDER --count 10000 --kind mixed``."""

from __future__ import annotations

import argparse
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

from sync_scripts.clock import machine
from sync_scripts.config import RegisterSettings, ServerSettings, Settings
from sync_scripts.register.forms.formmap import form_map, write_map
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import open_workspace
from tests.bench.data import submissions
from tests.store.commands import found
from xlsform.workbooks.workbook import read

DAY, VAULT = "neuf hiboux dorment sous la grange", "sept lampes bleues gardent un puits"
FORMS = Path(__file__).parents[2] / "forms"


def lay(folder: Path, count: int, kind: str) -> None:
    """Write the instances the way a classroom keeps them."""
    for form, own, content in submissions(count, kind=kind):
        place = folder / form / f"uuid{own}"
        place.mkdir(parents=True)
        (place / "submission.xml").write_bytes(content)


def workspace(root: Path, source: Path, url: str | None = None) -> None:
    """Make a real workspace that knows the shipped forms; its passphrase costs as little as may be.

    ``url``: of a PostgreSQL database in which nothing is yet; else the register is a file of the workspace.
    """
    settings = Settings(
        id="b" * 32,
        server=(ServerSettings(name="bench", kind="folder", path=str(source)),),
        register=RegisterSettings(url=url),
    )
    now = _began()
    found(root, day=DAY, vault=VAULT, worker="bench-1", settings=settings, now=now)
    opened = open_workspace(root, secret=lambda _question: DAY)
    with opened.register.writing() as rows:
        rows.many(raw.form_version, [_version(name, instant(now)) for name in ("alert", "case", "followup")])
    opened.close()


@cache
def _began() -> datetime:
    """Return when this process made its first workspace: all are of that moment, so that one can be laid for the next."""
    return machine()


@cache
def _version(name: str, now: str) -> dict[str, object]:
    workbook = (FORMS / f"{name}.xlsx").read_bytes()
    made = form_map(read(workbook, file=name).form)
    return {
        "form": made.form,
        "version": made.version,
        "stamp": made.form,
        "sha256": hashlib.sha256(workbook).hexdigest(),
        "workbook": workbook,
        "map": write_map(made),
        "imported_at": now,
    }


def main() -> None:
    """Make ``FOLDER/source`` and ``FOLDER/workspace``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--kind", choices=("alert", "case", "mixed"), default="mixed")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True)
    lay(asked.folder / "source", asked.count, asked.kind)
    workspace(asked.folder / "workspace", asked.folder / "source")


if __name__ == "__main__":
    main()
