"""The keys of encrypted forms: where their private halves lie, that old ones stay, and that nothing is replaced unasked."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from sqlalchemy import select

from sync_scripts.cli.setup.form_keys import KeyInUse, decide
from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.encrypted import load_private_key
from sync_scripts.secrets.login_file import LoginFile
from sync_scripts.store import custody
from sync_scripts.store.schema import metadata
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKeysDamaged
from sync_scripts.store.vault import items_named
from tests.store.databases import KEY, NOW, PERSON, WORKSPACE, World, every_byte


@pytest.fixture
def own(world: World, tmp_path: Path) -> World:
    """Give a register with the file for what PostgreSQL must not hold."""
    if world.register.dialect == "postgresql":
        world.register.login_file = LoginFile(tmp_path / "logins.json", WORKSPACE, KEY)
    return world


def everything(world: World) -> bytes:
    """Return every value of every row, as the administrator of a database reads it."""
    found: list[Any] = []
    with world.register.reading() as rows:
        for table in metadata.sorted_tables:
            if table.info.get("only", rows.dialect) == rows.dialect:
                found += [value for row in rows.execute(select(table)) for value in row]
    return b"|".join(one if isinstance(one, bytes) else str(one).encode() for one in found)


def test_an_everyday_key_opens_without_the_vault(own: World) -> None:
    """Both halves belong together; the private one comes back from where it lies."""
    made = form_keys.make(own.register, "alert", "day", PERSON, NOW)
    ring = Keyring.of(own.register)
    (key,) = ring.for_form("alert")

    assert key.public_key() == load_der_public_key(b64decode(made.public))
    assert len(made.public) == 392
    assert (made.fingerprint, ring.vault_may_open("alert")) == (form_keys.fingerprint(made.public), False)


def test_a_shared_database_holds_no_private_half(own: World, tmp_path: Path) -> None:
    """On PostgreSQL it is wrapped in a file of this computer, readable for its owner alone."""
    made = form_keys.make(own.register, "alert", "day", PERSON, NOW)
    half = form_keys.private(own.register, [made])[made.fingerprint]
    seen = half in everything(own)

    assert seen == (own.register.dialect == "sqlite")
    assert half not in every_byte(tmp_path)
    if own.register.dialect == "postgresql":
        assert (tmp_path / form_keys.FILE).stat().st_mode & 0o077 == 0


def test_a_key_of_the_vault_is_opened_by_the_vault_alone(own: World, tmp_path: Path) -> None:
    """Nothing of it lies here but sealed; the vault gives back the half that fits."""
    made = form_keys.make(own.register, "case", "vault", PERSON, NOW)
    assert made.key_page is not None
    assert made.item is not None
    with own.register.reading() as rows:
        items = items_named(rows, [(made.key_page, made.item)])
    with own.vault() as vault:
        (opened,) = vault.open_items("test", items)

    assert form_keys.private(own.register, [made]) == {}
    ring = Keyring.of(own.register)
    assert (ring.for_form("case"), ring.vault_may_open("case")) == ([], True)
    assert ring.vault_may_open("a name that only the server knows")
    assert opened.data not in everything(own)
    assert opened.data not in every_byte(tmp_path)
    half = load_der_private_key(opened.data, password=None)
    assert half.public_key() == load_der_public_key(b64decode(made.public))


def test_a_lost_laptop_loses_no_key(own: World) -> None:
    """Of an everyday key too a sealed copy is kept."""
    made = form_keys.make(own.register, "alert", "day", PERSON, NOW)
    with own.register.reading() as rows:
        items = items_named(rows, [(made.key_page or "", made.item or 0)])
    with own.vault("R") as vault:
        (opened,) = vault.open_items("test", items)

    assert opened.data == form_keys.private(own.register, [made])[made.fingerprint]
    assert load_private_key(opened.data).key_size == form_keys.BITS


def test_a_new_key_comes_first_and_the_old_one_stays(own: World) -> None:
    """What phones sent before they fetched the new form still opens; other forms' keys are tried last."""
    other = form_keys.make(own.register, "case", "day", PERSON, NOW)
    first = form_keys.make(own.register, "alert", "day", PERSON, NOW)
    second = form_keys.make(own.register, "alert", "day", PERSON, NOW + timedelta(days=365))
    ring = Keyring.of(own.register)
    halves = form_keys.private(own.register, [first, second, other])

    with own.register.reading() as rows:
        assert form_keys.current(rows, "alert") == second
        assert form_keys.current(rows, "closure") is None
    assert [one.private_numbers() for one in ring.for_form("alert")] == [
        load_private_key(halves[one.fingerprint]).private_numbers() for one in (second, first, other)
    ]


def test_making_a_key_is_written_into_the_chain(own: World) -> None:
    """Who, when, for which form and use; no part of the key."""
    made = form_keys.make(own.register, "alert", "vault", PERSON, NOW)
    with own.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows) if line.entry["action"] == "KEYS_CHANGED"]

    assert [(line["object"], line["actor"], line["details"]) for line in lines] == [
        (made.fingerprint, "coord-1", {"form": "alert", "use": "vault"})
    ]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)  # a file is there with PostgreSQL alone
def test_a_damaged_file_of_keys_is_said(own: World, tmp_path: Path) -> None:
    """It is never taken for "no key", and never written over."""
    made = form_keys.make(own.register, "alert", "day", PERSON, NOW)
    path = tmp_path / form_keys.FILE
    path.write_bytes(b"{}" + path.read_bytes())

    with pytest.raises(FormKeysDamaged):
        form_keys.private(own.register, [made])
    with pytest.raises(FormKeysDamaged):
        form_keys.make(own.register, "alert", "day", PERSON, NOW)


def test_a_key_is_replaced_only_when_somebody_says_so() -> None:
    """The same again keeps it; another use without the option is refused."""
    held = form_keys.FormKey(
        fingerprint="f", form="alert", use="day", public="p", made_at="2026", made_by="coord-1"
    )

    assert decide(None, None, replace=False) == "make"
    assert decide(held, None, replace=False) == decide(held, "day", replace=False) == "keep"
    assert decide(held, "vault", replace=True) == decide(held, None, replace=True) == "replace"
    with pytest.raises(KeyInUse):
        decide(held, "vault", replace=False)
