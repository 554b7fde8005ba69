"""The forms folder: found in a checkout and in a wheel, its tables read strictly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import xlsform
from xlsform import pack

ROOT = Path(xlsform.__file__).parent.parent


def test_in_a_checkout_the_forms_lie_at_the_top() -> None:
    """Where a trainer looks for them."""
    assert pack.forms_root() == ROOT / "forms"
    assert {"alert", "case", "followup"} <= {form.form_id for form in pack.forms()}
    assert all(form.source is not None and form.workbook.is_file() for form in pack.forms())


def test_in_a_wheel_they_lie_in_the_package(tmp_path: Path) -> None:
    """Installed anywhere, without a checkout: the forms are listed, read and built the same."""
    shutil.copytree(ROOT / "xlsform", tmp_path / "xlsform", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "forms", tmp_path / "xlsform" / "_forms", ignore=shutil.ignore_patterns("samples"))
    program = (
        "from xlsform import build, pack\n"
        "print(pack.forms_root().name, *sorted({one.state for one in build.plan()}), len(pack.register_fields()))"
    )
    here = len(pack.register_fields())
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True,
        encoding="utf-8", check=True,
    )  # fmt: skip

    assert done.stdout.split() == ["_forms", "same", str(here)]


def test_without_forms_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package torn from its forms."""
    monkeypatch.setattr(pack, "_HERE", tmp_path / "xlsform")

    with pytest.raises(pack.FormsMissing) as missing:
        pack.forms_root()
    assert "Install dikalo again" in missing.value.words()


def test_the_catalogue_of_the_register() -> None:
    """Every field has one owner and one level."""
    fields = pack.register_fields()

    assert fields["person", "full_name"] == pack.RegisterField("person", "full_name", "collected", 3, "")
    assert {field.level for field in fields.values()} == {0, 1, 2, 3}
    assert {field.owner for field in fields.values()} == {"collected", "derived", "decided", "system"}


GOOD = "entity,field,owner,level,type\nalert,code,system,0,text\n"


@pytest.mark.parametrize(
    "written",
    [
        GOOD + "alert,code,system,0,text\n",
        GOOD + "alert,x,nobody,0,text\n",
        GOOD + "alert,x,system,4,text\n",
        GOOD + "alert,x y,system,0,text\n",
        GOOD + "alert,x,system,0\n",
        GOOD + "alert,x,system,0,text,more\n",
        "entity,field,owner,level\nalert,x,system,0\n",
        GOOD + '"open\n',
    ],
)
def test_a_catalogue_row_that_is_wrong_is_refused_with_its_line(written: str, tmp_path: Path) -> None:
    """Twice, no owner, no level, no name, too few or too many cells."""
    (tmp_path / "register_fields.csv").write_text(written, encoding="utf-8")

    with pytest.raises(pack.TableBroken) as broken:
        pack.register_fields(tmp_path)
    assert "register_fields.csv" in broken.value.words()


def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    """A table saved by Excel as ANSI."""
    (tmp_path / "register_fields.csv").write_bytes(GOOD.encode() + "é".encode("latin-1"))

    with pytest.raises(pack.TableBroken):
        pack.register_fields(tmp_path)


def test_an_unknown_form_or_list_names_the_nearest() -> None:
    """The person mistyped; the sentence helps."""
    with pytest.raises(pack.FormUnknown) as form:
        pack.find("alerte")
    with pytest.raises(pack.ListUnknown) as shared:
        pack.shared_choices("yes_no_unknow", ["fr"], where="f.yaml:3")

    assert "alert" in form.value.words()
    assert "yes_no_unknown" in shared.value.words()
    assert "f.yaml:3" in shared.value.words()


def test_every_shared_list_can_be_laid_in() -> None:
    """No name twice in a list, every label in French and English."""
    for name in pack.list_names():
        choices = pack.shared_choices(name, ["fr", "en"])
        names = [choice.name for choice in choices]
        assert len(set(names)) == len(names) > 0
        assert all(set(choice.labels) == {"fr", "en"} for choice in choices), name


def test_lock_files_of_excel_are_no_forms(tmp_path: Path) -> None:
    """What Excel leaves beside an open workbook."""
    for name in ("alert.xlsx", "~$alert.xlsx", ".alert.xlsx.new"):
        (tmp_path / name).write_bytes(b"")

    assert [form.form_id for form in pack.forms(tmp_path)] == ["alert"]
    assert pack.forms(tmp_path)[0].source is None
