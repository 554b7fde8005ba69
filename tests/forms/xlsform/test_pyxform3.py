"""The shipped forms through pyxform 3.0.0, which KoboToolbox runs, and through ours: one XForm, but for what is named here.

Needs a folder with that version in the variable DIKALO_PYXFORM3; ``nox -s pyxform3`` makes one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from xlsform import pack
from xlsform.convert import convert
from xlsform.engine import verdict
from xlsform.engine.jvm import JavaMissing
from xlsform.workbooks import workbook

FOLDER = os.environ.get("DIKALO_PYXFORM3", "")
PROGRAM = """
import io, sys, pyxform
from importlib.metadata import version
from pyxform.xls2xform import convert
said = []
made = convert(io.BytesIO(sys.stdin.buffer.read()), warnings=said, validate=False, file_type=".xlsx")
sys.stderr.write(f"{pyxform.__file__} {said}")
sys.stdout.buffer.write(made.xform.encode())
"""
NAMED = {"case": {"default of a repeat's row"}}
"""Form -> the differences it has. ``default of a repeat's row``: for a computed default of a question in a repeat 3.0.0 writes
one setvalue for both moments, the first row and each further row; later versions write one for each. Phones do the same."""

XF = "{http://www.w3.org/2002/xforms}"
FIRST, FURTHER = "odk-instance-first-load", "odk-new-repeat"
FORMS = [one.form_id for one in pack.forms()]

pytestmark = pytest.mark.pyxform3


def by_kobo(raw: bytes) -> str:
    """Return the XForm that pyxform 3.0.0 makes, which must have nothing to remark."""
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=raw,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": FOLDER},
    )
    where, _, said = made.stderr.decode().partition(" ")
    assert Path(where).resolve().is_relative_to(Path(FOLDER).resolve())
    assert said == "[]"
    return made.stdout.decode()


def joined_defaults(xform: str) -> tuple[str, set[str]]:
    """Write the defaults of rows as 3.0.0 does; say whether there were any."""
    for prefix, uri in (
        ("", "http://www.w3.org/2002/xforms"),
        ("h", "http://www.w3.org/1999/xhtml"),
        ("jr", "http://openrosa.org/javarosa"),
        ("odk", "http://www.opendatakit.org/xforms"),
        ("orx", "http://openrosa.org/xforms"),
    ):
        ET.register_namespace(prefix, uri)
    root = ET.fromstring(xform)  # noqa: S314 - made here, by the converter
    further = {one.get("ref"): one for one in root.iter(f"{XF}setvalue") if one.get("event") == FURTHER}
    found = set()
    for model in root.iter(f"{XF}model"):
        for one in [child for child in model if child.tag == f"{XF}setvalue"]:
            twin = further.get(one.get("ref"))
            if one.get("event") == FIRST and twin is not None and twin.get("value") == one.get("value"):
                twin.set("event", f"{FIRST} {FURTHER}")
                model.remove(one)
                found.add("default of a repeat's row")
    return ET.tostring(root, encoding="unicode"), found


def same(xform: str) -> str:
    """Return canonical XML with names of spaces that do not depend on who wrote it."""
    return ET.canonicalize(xform, rewrite_prefixes=True)


@pytest.mark.parametrize("form_id", FORMS)
def test_both_versions_make_one_form(form_id: str) -> None:
    """Equal as canonical XML; what differs is named, and what is named differs."""
    raw = pack.find(form_id).workbook.read_bytes()
    ours, found = joined_defaults(convert(raw).xform)
    theirs, _ = joined_defaults(by_kobo(raw))

    assert found == NAMED.get(form_id, set())
    assert same(ours) == same(theirs)


@pytest.mark.java
@pytest.mark.parametrize("form_id", FORMS)
def test_what_kobo_makes_is_valid(form_id: str) -> None:
    """ODK Validate has nothing to say of the XForm of the older version either."""
    raw = pack.find(form_id).workbook.read_bytes()
    try:
        assert verdict(workbook.read(raw, file=form_id).form, by_kobo(raw)) == []
    except JavaMissing:
        pytest.skip("no Java runtime")


def test_a_difference_would_be_seen() -> None:
    """The comparison itself: another label is another form, another order of attributes is none."""
    one = '<x xmlns="http://www.w3.org/2002/xforms" a="1" b="2">A</x>'
    assert same(one) == same(one.replace('a="1" b="2"', 'b="2" a="1"'))
    assert same(one) != same(one.replace(">A<", ">B<"))
