"""A trainer's laptop: a folder with ``dikalo.toml`` and ``forms/``, and a copy of the shipped forms that may move on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from tests.store.databases import holders, sqlite_world, template_file
from xlsform import build, pack
from xlsform.model import Form
from xlsform.sources import source
from xlsform.workbooks import workbook, writing

__all__ = ["holders", "sqlite_world", "template_file"]

SHIPPED = pack.forms_root()


@dataclass
class Laptop:
    """A workspace without register, vault or passphrase; ``shelf`` holds the forms that dikalo ships."""

    root: Path
    shelf: Path
    capture: pytest.CaptureFixture[str]

    @property
    def forms(self) -> Path:
        """The forms folder of the workspace."""
        return self.root / "forms"

    @property
    def edit(self) -> Path:
        """The workbook to be edited."""
        return self.forms / "edit" / "alert.xlsx"

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run a command; return exit code, standard output and standard error."""
        code = cli.main(("--lang", "en", "-C", str(self.root), "forms", *words))
        said = self.capture.readouterr()
        return code, said.out, said.err

    def told(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a command with ``--json``; return exit code and document."""
        code, out, err = self.run(*words, "--json")
        document: dict[str, Any] = json.loads(out) if out else {"err": err}
        return code, document

    def customise(self, name: str = "alert") -> Path:
        """Get the workbook to edit."""
        code, _, err = self.run("customise", name, "--yes")
        assert code == 0, err
        return self.forms / "edit" / f"{name}.xlsx"

    def save(self, path: Path | None = None, *words: str) -> dict[str, Any]:
        """Save a workbook that must be taken."""
        code, document = self.told("save", str(path or self.edit), *words)
        assert code == 0, document
        return document

    def form(self, name: str = "alert") -> Form:
        """The form in use."""
        return workbook.read((self.forms / f"{name}.xlsx").read_bytes(), file=name).form

    def shipped(self, name: str = "alert") -> Form:
        """The base that is shipped."""
        return workbook.read((self.shelf / f"{name}.xlsx").read_bytes(), file=name).form

    def ship(self, change: Callable[[Form], Form], version: str) -> Form:
        """Let dikalo ship a newer alert."""
        made = change(self.shipped())
        made = replace(made, settings={**made.settings, "version": version})
        data = writing.write(made, core=build.core_rows("alert", self.shelf))
        (self.shelf / "alert.xlsx").write_bytes(data)
        return made

    def files(self) -> dict[str, bytes]:
        """Everything in the workspace."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


CORE = """
alert:
  gate: {question: gate/consent_alert, opens: [given, unable]}
  texts: [gate/consent_alert]
  frozen: [gate, gate/consent_alert, what, what/alert_icon, what/when_rel, story]
  lists: {consent_alert: closed, alert_icon: open, when_rel: closed}
"""


def _laptop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Laptop:
    root, shelf = tmp_path / "work", tmp_path / "shelf"
    (root / "forms").mkdir(parents=True)
    (root / "dikalo.toml").write_text("", encoding="utf-8")
    shelf.mkdir()
    shutil.copy(SHIPPED / "register_fields.csv", shelf)
    shutil.copytree(SHIPPED / "lists", shelf / "lists")
    monkeypatch.setattr(pack, "forms_root", lambda: shelf)
    monkeypatch.chdir(root)
    return Laptop(root, shelf, capsys)


@pytest.fixture
def laptop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """An empty workspace, and a dikalo that ships one small alert, which a test may change."""
    made = _laptop(tmp_path, capsys, monkeypatch)
    (made.shelf / "core.yaml").write_text(CORE, encoding="utf-8")
    (made.shelf / "alert.xlsx").write_bytes(_small_alert())
    return made


@cache
def _small_alert() -> bytes:
    form = source.read((Path(__file__).parent / "alert.yaml").read_bytes(), file="alert.yaml")
    return writing.write(form)


@pytest.fixture
def real(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """An empty workspace, and a copy of the forms that dikalo really ships."""
    made = _laptop(tmp_path, capsys, monkeypatch)
    for path in (*SHIPPED.glob("*.xlsx"), SHIPPED / "core.yaml"):
        shutil.copy(path, made.shelf)
    shutil.copytree(SHIPPED / "media", made.shelf / "media")
    return made


def relabel(form: Form, name: str, column: str, **texts: str) -> Form:
    """Change a text of one row."""
    assert any(row.name == name for row in form.survey)
    return replace(
        form,
        survey=tuple(
            replace(row, texts={**row.texts, column: {**row.texts.get(column, {}), **texts}})
            if row.name == name
            else row
            for row in form.survey
        ),
    )
