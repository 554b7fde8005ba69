"""What the engine's tests share: small forms written as tables, and one Java machine for the whole run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyxform.xls2xform import convert


def xform(table: str) -> str:
    """Return the XForm of a form written as a Markdown table."""
    return str(convert(table, form_name="data", warnings=[]).xform)


def values(submission: bytes, name: str) -> list[str]:
    """Return what stands under every element of a name, in order."""
    return re.findall(rf"<{name}>([^<]*)</{name}>", submission.decode())


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with a published list of cases in two departments."""
    lines = ["name,label,department,due", "u1,DK-AAAAAA-1,bui,2026-12-01", "u2,DK-BBBBBB-2,mezam,2026-12-02"]
    (tmp_path / "cases.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path


def masked(submission: bytes) -> str:
    """Return a submission without what the engine draws anew each time: uuids and times."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", submission.decode())
    return re.sub(r"\d{4}-\d{2}-\d{2}T[\d:.]+[+-][\d:]+", "TIME", text)
