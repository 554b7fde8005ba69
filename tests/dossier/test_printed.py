"""The dossier on paper, printed by a real browser: what somebody compares by eye is not broken."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.dossier.conftest import Run
from tests.dossier.sealed import opened
from tests.dossier.test_making import made
from xlsform import pdf

HASH = re.compile(r"<code>([0-9a-f]{64})</code>")


@pytest.mark.browser
def test_a_hash_is_printed_on_one_line(run: Run, tmp_path: Path) -> None:
    """Broken over two it is compared wrongly, and one submission fills a third of a page."""
    ways = [way for way in pdf.routes() if way.kind == "browser"]
    if not ways or shutil.which("pdftotext") is None:
        pytest.skip("no browser or no pdftotext here")
    _document, page = opened(Path(made(run)["file"]))
    target = tmp_path / "dossier.pdf"
    target.write_bytes(pdf.printed(page, ways)[0])
    text = subprocess.run(
        ["pdftotext", "-layout", target, "-"],  # noqa: S607 - poppler
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout

    hashes = HASH.findall(page)
    assert hashes
    assert [one for one in hashes if one not in text] == []
