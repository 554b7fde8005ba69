"""``init`` as a person meets it, with and without a terminal; a demonstration opens by itself and never becomes a real workspace."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.config import Settings
from sync_scripts.register.decisions.authority import key_of
from sync_scripts.secrets import slots
from sync_scripts.secrets.errors import (
    WrongPassphrase,
)
from sync_scripts.secrets.slots import Kdf
from sync_scripts.store.errors import (
    DemoAndRealMixed,
)
from sync_scripts.store.founding import Created, create_demo, new_id
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.vault import by_passphrase
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import DAY, VAULT, Run
from tests.store.databases import NOW
from tests.store.terminal import Terminal


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make new slots with the least work allowed: what is tested is not the work."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)


def test_init_without_a_terminal(cheap: None, run: Run, tmp_path: Path) -> None:
    """Keys on descriptors, a second holder by option; forms are laid, samples are not."""
    words = ("init", "--worker", "coord-1", "--organisation", demo_keys.IDENTITIES["O"].public, "--json")
    code, document, _talk = run(*words, "--source", str(tmp_path / "stick"), day=DAY, vault=VAULT)

    assert code == 0
    assert [holder["code"] for holder in document["holders"]] == ["V", "O"]
    assert [form["code"] for form in document["forms"]] == [
        "alert",
        "case",
        "closure",
        "followup",
        "situation",
    ]
    assert {path.name for path in (tmp_path / "w" / "forms").iterdir()} >= {"alert.xlsx", "case.xlsx"}
    assert not list((tmp_path / "w").rglob("samples"))
    assert run("doctor", "--json", day=DAY)[0] == 0
    assert run("init", "--worker", "coord-1", day=DAY)[0] == 2


def test_whoever_made_the_workspace_is_noted_to_have_set_their_passphrase(
    cheap: None, run: Run, tmp_path: Path
) -> None:
    """So that whoever signs with them reads who gave them their passphrase."""
    words = ("init", "--worker", "Coord-1", "--organisation", demo_keys.IDENTITIES["O"].public, "--json")
    assert run(*words, "--source", str(tmp_path / "stick"), day=DAY, vault=VAULT)[0] == 0
    opened = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with closing(opened), opened.register.reading() as rows:
        given = key_of(rows, opened.worker)

    assert given.own
    assert given.at is not None


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("words", "keys", "error"),
    [
        (["--organisation", demo_keys.IDENTITIES["O"].public], (DAY, VAULT), "DK-C20"),
        (
            ["--worker", "coord-1", "--organisation", demo_keys.IDENTITIES["O"].public],
            (None, VAULT),
            "DK-C20",
        ),
        (["--worker", "coord-1"], (DAY, VAULT), "DK-S20"),
        (["--worker", "coord-1", "--organisation", demo_keys.IDENTITIES["O"].public], (DAY, None), "DK-S20"),
        (["--worker", "coord-1", "--organisation", "age1nonsense"], (DAY, VAULT), "DK-S21"),
        (["--worker", "coord-1", "--organisation", demo_keys.IDENTITIES["O"].public], (DAY, DAY), "DK-K06"),
        (["--worker", "coord-1", "--organisation", demo_keys.IDENTITIES["O"].public], ("x", VAULT), "DK-K05"),
        (["--worker", "Jean Dupont"], (DAY, VAULT), "DK-K09"),
    ],
    ids=["no code", "no key", "only V", "only O", "no key of age", "equal", "weak", "a name"],
)
def test_init_refuses_what_would_not_be_safe(
    run: Run, tmp_path: Path, words: list[str], keys: tuple[str | None, str | None], error: str
) -> None:
    """Each with its own sentence; nothing is made."""
    code, document, _talk = run("init", *words, "--json", day=keys[0], vault=keys[1])
    assert code != 0
    assert document["code"] == error
    assert not (tmp_path / "w").exists() or not list((tmp_path / "w").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_init_at_a_terminal(tmp_path: Path, run: Run) -> None:
    """It asks, shows the recovery key once, and ends only when it was typed back; what is typed stays hidden."""
    with Terminal("-C", str(tmp_path / "w"), "init") as at:
        at.answer("Langue / Language", "en")
        at.answer("Your code", "Jean Dupont")
        at.answer("Your code", "coord-1")
        at.answer("Everyday passphrase", "court")
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", "mistyped")
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", DAY)
        at.answer("Vault passphrase", DAY)
        at.answer("Vault passphrase", VAULT)
        at.answer("The same again", VAULT)
        at.wait_for("Type it back")
        assert DAY not in at.seen
        assert VAULT not in at.seen
        shown = re.search(r"AGE- SECR.*?(?=\r?\n\r?\n)", at.seen, re.DOTALL)
        assert shown is not None
        key = " ".join(shown[0].split())
        at.answer("Type it back", key[:-1] + ("A" if key[-1] != "A" else "C"))
        at.answer("Type it back", key.lower())
        at.answer("Public key of the head office", "age1nonsense")
        at.answer("Public key of the head office", "")
        at.answers(("Address or folder", ""), ("Numbers", ""), ("Numbers", ""), ("Code, then numbers", ""))
        at.answers(("Name of a team", ""), ("Keep them as they are", ""))
        assert at.end() == 0
        assert not re.search("DK-(?!K09|K05|K06|S21)", at.all)

    told = re.search(
        r"Write this on the paper of the recovery key.*?((?:[0-9a-f]{4} ){7}[0-9a-f]{4})", at.all, re.DOTALL
    )
    assert told is not None
    words = ("vault", "test", "--key", "paper", "--as", "x1", "--holders", told[1], "--json")
    assert run(*words, vault=key)[1]["holder"] == "R"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_init_makes_nothing_when_the_paper_is_wrong(tmp_path: Path) -> None:
    """Three tries, then nothing was made."""
    words = ("init", "--worker", "c1", "--language", "en", "--source", "x")
    with Terminal("-C", str(tmp_path / "w"), *words) as at:
        at.answer("Everyday passphrase", DAY)
        at.answer("The same again", DAY)
        at.answer("Vault passphrase", VAULT)
        at.answer("The same again", VAULT)
        for _attempt in range(3):
            at.answer("Type it back", "AGE-SECRET-KEY-1")
        assert at.end() == 4

    assert not (tmp_path / "w").exists()


LEAST = Kdf(m_kib=19 * 1024, t=1)
Make = Callable[..., Created]


def never(_prompt: str) -> str:
    """Fail when somebody is asked."""
    pytest.fail("asked for a passphrase")


def demo(folder: Path) -> Path:
    """Make a demonstration."""
    create_demo(folder, settings=Settings(id=new_id()), worker="demo-1", now=NOW)
    return folder


def test_a_demonstration_opens_by_itself(tmp_path: Path) -> None:
    """Nobody is asked, and it says what it is."""
    workspace = open_workspace(demo(tmp_path / "d"), secret=never)

    assert workspace.demo
    assert workspace.register.demo
    workspace.require_proof(NOW + timedelta(days=400))
    assert (
        by_passphrase(tmp_path / "d", lambda: pytest.fail("asked")).public == demo_keys.IDENTITIES["V"].public
    )
    workspace.close()


def test_a_demonstration_never_becomes_real(tmp_path: Path) -> None:
    """Not by its slot, not by its register."""
    root = demo(tmp_path / "d")
    keys = (root / "keys.json").read_bytes()
    (root / "keys.json").write_bytes(keys.replace(b'"demo": true', b'"demo": false'))
    with pytest.raises(WrongPassphrase):
        open_workspace(root, secret=lambda _prompt: demo_keys.DAY_PASSPHRASE)
    (root / "keys.json").write_bytes(keys)
    workspace = open_workspace(root, secret=never)
    with workspace.register.writing() as rows:
        rows.upsert(setting, [{"name": "demo", "value": "no"}])
    workspace.close()
    with pytest.raises(DemoAndRealMixed):
        open_workspace(root, secret=never)
