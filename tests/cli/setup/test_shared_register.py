"""An office on PostgreSQL: logins stay on the laptop, and pull runs alone with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sync_scripts import cli
from sync_scripts.secrets import slots
from sync_scripts.store.seal import demo_keys
from tests.cli.setup.scene import HEAD_OFFICE, kept, two_servers
from tests.contract.central_world import EMAIL, PASSWORD
from tests.contract.kobo_world import TOKEN
from tests.intake.scene import alert
from tests.store.commands import DAY, VAULT, pipe


def test_a_shared_register_is_set_up_and_pulled_without_anybody(
    new_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """init, pull and doctor find the login in ``logins.json``; no row of the database and no file holds it in the clear."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    url = new_database("template0")

    def run(*words: str, **secrets: str) -> tuple[int, Any]:
        for name, text in {"DIKALO_KEY_FD": DAY, **secrets}.items():
            monkeypatch.setenv(name, str(pipe(text)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    with two_servers() as servers:
        servers.central.send("alert", alert(1))
        answers = tmp_path / "reponses.toml"
        text = f'worker = "RD-01"\norganisation = "{HEAD_OFFICE}"\n'
        text += f'[[server]]\nname = "bureau"\nurl = "{servers.central_url}"\n'
        text += f'[[server]]\nname = "terrain"\nurl = "{servers.kobo_url}"\n'
        answers.write_text(text, encoding="utf-8")
        made = run(
            "init",
            "--answers",
            str(answers),
            "--register-url",
            url,
            DIKALO_VAULT_FD=VAULT,
            DIKALO_LOGINS_FD=f"bureau\tpull\t{EMAIL}\t{PASSWORD}\nterrain\tpull\t{TOKEN}\n",
        )
        monkeypatch.delenv("DIKALO_LOGINS_FD")
        pulled = run("pull")
        looked = run("doctor", "--open")

    assert (made[0], made[1]["register"]) == (0, "postgresql")
    assert (pulled[0], pulled[1]["new"]) == (0, 1)
    assert {one["level"] for one in looked[1]["findings"] if one["code"] == "server-login"} == {"ok"}
    assert kept(tmp_path / "w", "terrain", "pull") is not None
    held = "".join(
        path.read_text("latin-1") for path in (tmp_path / "w").rglob("*") if path.is_file()
    ) + dumped(url)
    assert [
        secret for secret in (PASSWORD, TOKEN, EMAIL) if secret in held or secret.encode().hex() in held
    ] == []


def dumped(url: str) -> str:
    """Return every row of every table, as the administrator of the database sees it."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = []
        for (name,) in names:
            query = psycopg.sql.SQL("SELECT t::text FROM {} t").format(psycopg.sql.Identifier(name))
            found += [str(row[0]) for row in connection.execute(query)]
    return "\n".join(found)
