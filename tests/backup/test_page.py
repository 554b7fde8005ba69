"""The page about backups, walked: its own commands, in its order, with a laptop that is destroyed where the page says so."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings
from sync_scripts.secrets import slots
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace
from tests.intake.scene import FORMS, alert, story
from tests.passphrases import SECOND
from tests.store.commands import DAY, found, pipe
from tests.store.databases import every_byte

DOCS = Path(__file__).resolve().parents[2] / "docs"
COUNT = 50
NEW_DAY = SECOND
PAPER = demo_keys.IDENTITIES["R"].secret


def commands(page: Path) -> list[list[str]]:
    """Return the commands that a page shows, in their order."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line.removeprefix("$ dikalo ")) for line in lines if line.startswith("$ dikalo ")]


def canary(number: int) -> str:
    """Return an answer that nobody may find at the place."""
    return f"ils ont brûlé la maison de la famille numéro {number:03}"


def lay_phone(inbox: Path) -> None:
    """Lay a phone's folder with fifty alerts, each with an answer of its own."""
    for number in range(COUNT):
        folder = inbox / "instances" / f"alert_{number}"
        folder.mkdir(parents=True)
        (folder / f"alert_{number}.xml").write_bytes(alert(number + 1, story(canary(number))))


def on_paper(root: Path) -> str:
    """Return the fingerprint that stands on the paper."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    try:
        return workspace.register.recipients.fingerprint
    finally:
        workspace.close()


@pytest.mark.parametrize("name", ["sauvegardes.md", "en/backups.md"])
def test_the_page_leads_from_a_stick_and_a_paper_to_the_same_workspace(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both languages show the same commands, and each ends well; nothing but the passphrases is typed beside them."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    lay_phone(tmp_path / "inbox")
    server = ServerSettings(name="inbox", kind="folder", path=str(tmp_path / "inbox"))
    found(tmp_path / "w", server=(server,))
    for form in FORMS.glob("alert*.xlsx"):
        shutil.copy(form, tmp_path / "w" / "forms")
    fingerprint = on_paper(tmp_path / "w")
    ran = []

    def run(here: Path, *words: str) -> None:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(NEW_DAY if here.name == "new" else DAY)))
        monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
        capsys.readouterr()
        code = cli.main(["-C", str(here), *words, "--json"])
        ran.append((words[0], code, json.loads(capsys.readouterr().out)))

    run(tmp_path / "w", "pull")
    here = tmp_path / "w"
    for words in commands(DOCS / name):
        given = [re.sub(r"^/media/[a-z]+/dikalo$", str(tmp_path / "stick"), word) for word in words]
        if given[0] == "-C":
            here = tmp_path / "new"
            given = given[2:]
        if given[0] == "restore" and "--rehearse" not in given:
            shutil.rmtree(tmp_path / "w")
            given += ["--holders", fingerprint]
        run(here, *given)

    stick = every_byte(tmp_path / "stick") + "".join(map(str, (tmp_path / "stick").rglob("*"))).encode()
    assert [number for number in range(COUNT) if canary(number).encode() in stick] == []
    assert [told.get("message") for _one, _code, told in ran if "message" in told] == []
    assert (ran[0][2]["new"], ran[-1][2]["lacks"]) == (COUNT, {"submissions": 0, "decisions": 0})
    assert [(one, code) for one, code, _told in ran] == [
        ("pull", 0),
        ("backup", 0),
        ("backup", 0),
        ("backup", 0),
        ("restore", 0),
        ("verify", 0),
        ("pull", 0),
        ("restore", 0),
    ], ran
