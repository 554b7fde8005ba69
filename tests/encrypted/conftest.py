"""A real workspace with both stand-in servers behind sockets, and a way to run commands in it."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.central_world import World as Central
from tests.contract.kobo_world import TOKEN
from tests.contract.kobo_world import World as Kobo
from tests.contract.serving import serving
from tests.encrypted.registers import register_in
from tests.intake.scene import FORMS, Scene, scene, shipped
from tests.intake.test_commands import DAY, VAULT, opened
from tests.store.commands import found, pipe
from tests.store.databases import World as StoreWorld

_DRAW = rsa.generate_private_key
Run = Callable[..., tuple[int, Any, str]]
LOGINS = {"bureau": f"{EMAIL}\t{PASSWORD}", "terrain": TOKEN}


@dataclass(frozen=True)
class Worlds:
    """Both servers and their addresses."""

    central: Central
    kobo: Kobo
    urls: dict[str, str]


@pytest.fixture
def worlds() -> Iterator[Worlds]:
    """Give both servers, without any form."""
    central, kobo = Central(), Kobo(forms={})
    with serving(central.answer) as one, serving(kobo.answer) as other:
        yield Worlds(central, kobo, {"bureau": one, "terrain": other})


@pytest.fixture
def root(tmp_path: Path, worlds: Worlds) -> Path:
    """Give a real workspace that knows both servers and the forms alert and case."""
    folder = tmp_path / "w"
    servers = (
        ServerSettings(name="bureau", kind="central", url=worlds.urls["bureau"], project=PROJECT),
        ServerSettings(name="terrain", kind="kobo", url=worlds.urls["terrain"]),
    )
    settings = Settings(id="e" * 32, server=servers, forms=("alert",))
    found(folder, day=DAY, vault=VAULT, settings=settings)
    with opened(folder) as register, register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])
    shutil.copytree(FORMS / "media", folder / "forms" / "media", dirs_exist_ok=True)
    for name in ("alert.xlsx", "case.xlsx", "core.yaml"):
        shutil.copy(FORMS / name, folder / "forms")
    return folder


@pytest.fixture
def run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run one command; returns exit code, document and talk. ``login`` names the server whose login is typed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def go(*words: str, login: str = "", vault: bool = False) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        monkeypatch.delenv("DIKALO_SERVER_FD", raising=False)
        if login:
            monkeypatch.setenv("DIKALO_SERVER_FD", str(pipe(LOGINS[login])))
        if vault:
            monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(VAULT)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return go


@pytest.fixture
def one(sqlite_world: StoreWorld, tmp_path: Path) -> Scene:
    """Give a source and a register on SQLCipher."""
    return scene(sqlite_world, tmp_path)


@pytest.fixture
def world_again(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Callable[[], StoreWorld]]:
    """Give a function that makes one more register on SQLCipher, with the same match key, so that tags can be compared."""
    made: list[StoreWorld] = []

    def make() -> StoreWorld:
        made.append(register_in(tmp_path / "clear", template_file, holders))
        return made[-1]

    yield make
    for world in made:
        world.register.close()


@cache
def drawn(number: int) -> rsa.RSAPrivateKey:
    """Return one of a few keys, drawn once a session."""
    return _DRAW(public_exponent=65537, key_size=form_keys.BITS)


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no key twice in a test, and few in a session: drawing one takes longer than a pull."""
    numbers = itertools.count()
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_said: drawn(next(numbers)))
