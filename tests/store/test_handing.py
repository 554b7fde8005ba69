"""Files for somebody outside, and the day when nothing of this program runs any more: ordinary age files, opened by other programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyrage
import pytest
import sqlcipher3

from sync_scripts.secrets.errors import PassphraseWeak
from sync_scripts.store.seal import demo_keys, handover_sealing
from sync_scripts.store.seal.handover_sealing import (
    LOG_WORK,
    ReceiverKeyUnsuitable,
    recipient_of,
    seal_for,
    seal_under,
)
from tests.passphrases import SECOND as PHRASE
from tests.store.commands import STORY


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no guess cost its half second: its work stands in the head, and one test looks at it."""
    monkeypatch.setattr(handover_sealing, "LOG_WORK", 4)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_a_passphrase_opens_whatever_its_length(size: int) -> None:
    """Around the ends of age's chunks of 64 KiB, too, where a mark says which one is the last."""
    data = os.urandom(size)
    assert pyrage.passphrase.decrypt(seal_under(data, PHRASE), PHRASE) == data


def test_the_work_is_fixed_and_the_header_is_age_s_own() -> None:
    """One scrypt stanza of 2^17: a weak laptop opens it; no name, no size, no date in the head."""
    sealed = seal_under(b"x", PHRASE)
    head = sealed.split(b"\n---")[0].decode()
    assert pyrage.passphrase.decrypt(sealed, PHRASE) == b"x"
    assert re.fullmatch(
        rf"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{{22}} {LOG_WORK}\n[A-Za-z0-9+/]{{43}}", head
    )


@pytest.mark.usefixtures("cheap")
def test_two_files_of_one_thing_have_nothing_in_common() -> None:
    """Salt, file key and nonce are drawn each time."""
    one, other = (seal_under(b"the same", PHRASE) for _ in range(2))
    assert one[-40:] != other[-40:]
    assert one.split(b"\n")[1] != other.split(b"\n")[1]


@pytest.mark.usefixtures("cheap")
def test_another_passphrase_and_any_changed_byte_open_nothing() -> None:
    """Head, wrapped key, MAC, nonce and each chunk are authenticated."""
    data = seal_under(b"secret", PHRASE)
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(data, PHRASE + "x")
    for place in (30, 60, 90, 130, 175, len(data) - 1):
        damaged = bytearray(data)
        damaged[place] ^= 1
        with pytest.raises((pyrage.DecryptError, ValueError)):
            pyrage.passphrase.decrypt(bytes(damaged), PHRASE)


def test_what_is_easy_to_guess_is_refused() -> None:
    """As for every other passphrase."""
    with pytest.raises(PassphraseWeak):
        seal_under(b"x", "abc")


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1ABC", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """Before anything is opened for it."""
    with pytest.raises(ReceiverKeyUnsuitable):
        recipient_of(text)


def test_blanks_around_a_key_do_not_matter() -> None:
    """It is copied from a message."""
    mine = pyrage.x25519.Identity.generate()
    assert pyrage.decrypt(seal_for(b"x", f" {mine.to_public()}\n"), [mine]) == b"x"


DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "en" / "security.md").read_text(encoding="utf-8")


def paper(holder: str) -> Any:
    """Return the identity on a holder's paper, as ``age -i`` reads it."""
    return pyrage.x25519.Identity.from_str(demo_keys.IDENTITIES[holder].secret)  # type: ignore[index] # R or O


def sqlcipher(file: Path, key: bytes) -> Any:
    """Open the register as ``sqlcipher register.db`` and its PRAGMA do."""
    connection = sqlcipher3.connect(str(file))
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def documented() -> str:
    """Return the command line of the script as the page prints it."""
    found = re.search(r"`python (open_item\.py [^`>]+?) > opened`", PAGE)
    assert found is not None
    return found[1]


def isolated(*words: str, at: Path) -> subprocess.CompletedProcess[bytes]:
    """Run Python in a folder of its own, without this project on its path, and say what it imported."""
    libraries = str(Path(pytest.__file__).parents[1])
    code = (
        "import runpy, sys; sys.path[:] = [p for p in sys.path if not p.endswith('main')]"
        f" + [{libraries!r}]; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", code, *words],
        cwd=at,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


@pytest.mark.parametrize("holder", ["R", "O"])
def test_the_page_leads_from_the_files_to_one_narrative(real: Path, tmp_path: Path, holder: str) -> None:
    """``day.age`` gives the everyday key, the register the row and its page, the page the item's key."""
    away = tmp_path / "memory"
    away.mkdir()
    (away / "register.db").write_bytes((real / "register.db").read_bytes())
    everyday = pyrage.decrypt((real / "day.age").read_bytes(), [paper(holder)])
    register = sqlcipher(away / "register.db", everyday)
    row = register.execute(
        "SELECT item, scope, kind, row, version, key_page, blob FROM sealed_item WHERE row = 'alert:uuid:1'"
        " AND kind = 'row'"
    ).fetchone()
    (page,) = register.execute("SELECT blob FROM key_page WHERE id = ?", (row[5],)).fetchone()
    register.close()
    (away / "item.bin").write_bytes(row[6])
    (away / "page.json").write_bytes(pyrage.decrypt(page, [paper(holder)]))
    (away / "open_item.py").write_bytes((DOCS / "open_item.py").read_bytes())

    script, *places = documented().split()
    assert places == ["page.json", "item.bin", "ITEM", "SCOPE", "KIND", "ROW", "VERSION"]
    done = isolated(script, "page.json", "item.bin", *map(str, row[:5]), at=away)

    assert done.returncode == 0, done.stderr[-500:]
    assert STORY in done.stdout.decode()
    imported = done.stderr.decode(errors="replace")
    assert "cryptography" in imported
    assert not re.search(r"\b(sync_scripts|xlsform|msgspec|sqlalchemy)\b", imported)
    refused = isolated(script, "page.json", "item.bin", *map(str, row[:4]), "uuid:other", at=away)
    assert (refused.returncode, refused.stdout) == (1, b"")


def test_the_key_of_the_everyday_register_is_what_the_page_says(real: Path) -> None:
    """32 bytes, printed as 64 digits; nobody else's paper opens it."""
    everyday = pyrage.decrypt((real / "day.age").read_bytes(), [paper("R")])
    assert len(everyday) == 32
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt((real / "day.age").read_bytes(), [pyrage.x25519.Identity.generate()])


def test_the_printed_script_needs_only_cryptography() -> None:
    """It must run in ten years on a machine that never saw dikalo."""
    source = (DOCS / "open_item.py").read_text(encoding="utf-8")
    imported = {
        line.split()[1].partition(".")[0]
        for line in source.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= {"base64", "json", "sys", "pathlib", "cryptography"}
