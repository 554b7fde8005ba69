"""``keys form`` and ``forms deploy`` as people meet them: one key, into the copy that goes up, told in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from sync_scripts.deploy.package import key_in
from sync_scripts.store.schema import raw
from sync_scripts.store.seal.form_keys import fingerprint
from tests.encrypted.conftest import Run, Worlds
from tests.intake.scene import alert
from tests.intake.test_commands import opened


def test_a_key_is_made_once(run: Run, root: Path) -> None:
    """The second run shows the first one's key; another use needs to be asked for."""
    code, first, _talk = run("keys", "form", "alert", "--json")
    _code, second, _talk = run("keys", "form", "alert", "--use", "day", "--json")
    refused, _out, talk = run("keys", "form", "alert", "--use", "vault")
    _code, third, _talk = run("keys", "form", "alert", "--use", "vault", "--replace", "--json")

    assert (code, first["deed"], first["use"], second["deed"]) == (0, "make", "day", "keep")
    assert first["fingerprint"] == second["fingerprint"] == fingerprint(first["public_key"])
    assert (refused, "DK-E02" in talk) == (2, True)
    assert (third["deed"], third["use"], third["fingerprint"] != first["fingerprint"]) == (
        "replace",
        "vault",
        True,
    )
    assert (root / "forms" / "keys" / "alert.pub").read_text("ascii").strip() == third["public_key"]


def test_a_dry_run_makes_none(run: Run, root: Path) -> None:
    """It says what it would do, shows no key, and leaves no file."""
    code, said, _talk = run("keys", "form", "alert", "--dry-run", "--json")

    assert (code, said["deed"], said["fingerprint"], said["public_key"]) == (0, "make", "", "")
    assert not (root / "forms" / "keys").exists()
    with opened(root) as register, register.reading() as rows:
        assert rows.execute(select(raw.form_key)).all() == []


def test_no_private_half_is_ever_shown(run: Run, root: Path) -> None:
    """Neither in words nor in JSON nor in a file beside the forms."""
    shown = [str(run("keys", "form", "alert", *words)) for words in ((), ("--json",), ("--replace",))]
    with opened(root) as register, register.reading() as rows:
        halves = [bytes(row.value) for row in rows.execute(select(raw.secret)) if len(row.value) > 1000]
    seen = "".join(shown).encode() + (root / "forms" / "keys" / "alert.pub").read_bytes()

    assert len(halves) == 2
    assert not any(half in seen or half.hex().encode() in seen for half in halves)
    assert b"PRIVATE" not in seen


@pytest.mark.parametrize("server", ["bureau", "terrain"])
def test_the_key_goes_up_with_the_form(run: Run, root: Path, worlds: Worlds, server: str) -> None:
    """Written at deployment, remembered with the version; a second run sends nothing; the workbook here stays clear."""
    before = (root / "forms" / "alert.xlsx").read_bytes()
    made = run("keys", "form", "alert", "--json")[1]
    code, sent, talk = run("forms", "deploy", "--server", server, "--json", login=server)
    assert code == 0, talk
    again = run("forms", "deploy", "--server", server, "--json", login=server)
    there = (
        worlds.central.published.published["alert"].workbook
        if server == "bureau"
        else next(iter(worlds.kobo.deployed.assets.values())).workbook
    )
    with opened(root) as register, register.reading() as rows:
        (row,) = rows.execute(select(raw.deployed_form)).all()

    assert (sent["forms"][0]["encrypted"], sent["forms"][0]["unchanged"]) == (True, False)
    assert (again[0], again[1]["forms"][0]["unchanged"]) == (0, True)
    assert key_in(there) == made["public_key"]
    assert (row.server, row.stamp, row.public_key) == (server, "alert", made["fingerprint"])
    assert (root / "forms" / "alert.xlsx").read_bytes() == before


def test_an_exchanged_key_file_stops_the_deployment(run: Run, root: Path, worlds: Worlds) -> None:
    """Nothing reaches the server before a person has looked."""
    run("keys", "form", "alert")
    (root / "forms" / "keys" / "alert.pub").write_text("QUJD" * 98, encoding="ascii")
    code, _out, talk = run("forms", "deploy", "--server", "bureau", login="bureau")

    assert (code, "DK-E04" in talk) == (3, True)
    assert worlds.central.log == []
    run("keys", "form", "alert")
    assert run("forms", "deploy", "--server", "bureau", login="bureau")[0] == 0


def test_a_trainer_without_a_register_sends_the_key_that_lies_beside_the_forms(
    run: Run, root: Path, worlds: Worlds
) -> None:
    """The folder of forms travels with its public half; no register and no passphrase are needed there."""
    made = run("keys", "form", "alert", "--json")[1]
    for name in ("keys.json", "register.db", "day.age", "vault.age"):
        (root / name).unlink()
    code, sent, talk = run("forms", "deploy", "--server", "bureau", "--json", login="bureau")

    assert code == 0, talk
    assert sent["forms"][0]["encrypted"]
    assert key_in(worlds.central.published.published["alert"].workbook) == made["public_key"]


def test_a_clear_case_is_taken_when_a_person_names_it(run: Run, root: Path, worlds: Worlds) -> None:
    """Put aside with an alarm and exit code 3; without a code nothing is taken, with it the entry is solved and flagged."""
    for role in ("pull", "deploy"):
        run("keys", "server", "bureau", "--role", role, login="bureau")
    settings = root / "dikalo.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text[: text.index('name = "terrain"')].rpartition("[[server]]")[0], encoding="utf-8")
    run("keys", "form", "case")
    sent, _out, talk = run("forms", "deploy", "case", "--server", "bureau")
    assert sent == 0, talk
    worlds.central.send("case", alert(1, form="case"))
    code, out, _talk = run("pull")
    (entry,) = run("quarantine", "list", "--json")[1]["entries"]
    refused, _out, why = run("quarantine", "retry", "--take-clear")
    taken, done, _talk = run("quarantine", "retry", entry["code"], "--take-clear", "--json")

    assert (code, "CLEAR_ON_ENCRYPTED_FORM" in out) == (3, True)
    assert entry["problem"] == "DK-E09"
    assert (refused, "DK-E16" in why) == (2, True)
    assert (taken, done["solved"], done["open"]) == (0, 1, [])
