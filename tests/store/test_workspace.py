"""A workspace: made whole or not at all, opened only when keys, settings and register belong together."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import select, text

from sync_scripts import config
from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.secrets.errors import (
    ClientKeysDamaged,
    CodeUnsuitable,
    KeysDamaged,
    KeysMissing,
    NoSuchSlot,
    PassphrasesEqual,
    PassphraseWeak,
    RecoveryKeyWrong,
    WrongPassphrase,
)
from sync_scripts.secrets.slots import Kdf
from sync_scripts.store import custody
from sync_scripts.store.database import Actor
from sync_scripts.store.errors import (
    DemoAndRealMixed,
    PageUnopened,
    RecipientsChanged,
    RecipientsUnproven,
    RegisterDamaged,
    RegisterMissing,
    RegisterTaken,
    TooFewRecipients,
    WorkspaceExists,
    WorkspaceMixed,
)
from sync_scripts.store.founding import Created, NewKeys, create_workspace, new_id
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal import demo_keys, sealed_rows
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.vault import Vault, by_identity, by_passphrase, items_of_scopes, unlock_with
from sync_scripts.store.workspace import (
    Workspace,
    open_unlocked,
    open_workspace,
    proofs,
    unlock,
    write_proofs,
)
from tests.passphrases import DAY, VAULT
from tests.store.databases import NOW

LEAST = Kdf(m_kib=19 * 1024, t=1)
Make = Callable[..., Created]


def never(_prompt: str) -> str:
    """Fail when somebody is asked."""
    pytest.fail("asked for a passphrase")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Give no URL, and then that of an empty database."""
    if request.param == "sqlite":
        return None
    made: str = request.getfixturevalue("new_database")("template0")
    return made


@pytest.fixture
def make(url: str | None, tmp_path: Path, holders: dict[Holder, Identity]) -> Make:
    """Give a function that makes a workspace; what it is given replaces the usual."""

    def create(name: str = "w", **given: object) -> Created:
        usual = {
            "day": DAY,
            "vault": VAULT,
            "recovery": holders["R"].public,
            "organisation": holders["O"].public,
        }
        settings = Settings(id=new_id(), register=RegisterSettings(url=url))
        keys = NewKeys(**{**usual, "work": LEAST, **given})  # type: ignore[arg-type] # tests give what they like
        return create_workspace(tmp_path / name, settings=settings, worker="coord-1", keys=keys, now=NOW)

    return create


def opened(root: Path) -> Workspace:
    """Open with the everyday passphrase."""
    return open_workspace(root, secret=lambda _prompt: DAY)


def test_a_workspace_opens_with_its_passphrase(make: Make, url: str | None) -> None:
    """And knows whose slot it was, where its register is, and for whom it seals."""
    made = make()
    workspace = opened(made.root)

    assert (workspace.worker, workspace.demo) == ("coord-1", False)
    assert workspace.register.dialect == ("postgresql" if url else "sqlite")
    assert [holder for holder, _ in workspace.register.recipients.keys] == ["V", "R", "O"]
    assert len(workspace.register.match_key) == 32
    assert workspace.register.workspace_id == made.settings.id
    workspace.close()


def test_what_lies_in_the_folder(make: Make, url: str | None) -> None:
    """Files for their owner only; no secret in any of them, none left half made."""
    root = make().root
    names = {"dikalo.toml", "keys.json", "day.age", "vault.age", "forms", "out", "sealed"}
    names |= {"client.json"} if url else {"register.db"}

    assert {path.name for path in root.iterdir()} == names
    if os.name != "nt":
        assert {path.stat().st_mode & 0o077 for path in root.iterdir() if path.name != "dikalo.toml"} == {0}
    for secret in (DAY, VAULT, "AGE-SECRET-KEY"):
        assert not any(secret.encode() in path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_the_first_line_of_the_chain_names_the_holders(make: Make) -> None:
    """From then on nobody can add himself unseen."""
    workspace = opened(make().root)
    with workspace.register.reading() as rows:
        line = next(custody.read(rows))
    assert line.entry["action"] == "KEYS_CHANGED"
    assert line.entry["object"] == workspace.register.recipients.fingerprint
    workspace.close()


def test_a_server_never_holds_the_match_key(make: Make, url: str | None) -> None:
    """On PostgreSQL it lies with the client, wrapped; in no table, in no form."""
    workspace = opened(make().root)
    key = workspace.register.match_key
    with workspace.register.reading() as rows:
        tables = rows._connection.execute(text("SELECT * FROM setting")).all()
        told = repr([tuple(row) for row in tables])
    assert key.hex() not in told
    assert str(key)[2:-1] not in told
    workspace.close()
    if url:
        (workspace.root / "client.json").unlink()
        with pytest.raises(ClientKeysDamaged):
            opened(workspace.root)


def test_a_workspace_is_never_written_over(make: Make) -> None:
    """Not even by init run twice."""
    root = make().root
    before = (root / "keys.json").read_bytes()
    with pytest.raises(WorkspaceExists):
        make()
    assert (root / "keys.json").read_bytes() == before


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_database_is_never_taken_over(make: Make) -> None:
    """A second workspace on the same database would have other keys; nothing of it stays."""
    root = make().root
    with pytest.raises(RegisterTaken):
        make("second")
    assert not list((root.parent / "second").iterdir())
    opened(root).close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"recovery": None, "organisation": None}, TooFewRecipients),
        ({"vault": None, "recovery": None}, TooFewRecipients),
        ({"day": "court"}, PassphraseWeak),
        ({"vault": "court"}, PassphraseWeak),
        ({"vault": DAY}, PassphrasesEqual),
    ],
    ids=["only V", "only O", "weak day", "weak vault", "equal"],
)
def test_a_workspace_that_would_not_be_safe_is_not_made(
    make: Make, tmp_path: Path, given: dict[str, object], error: type[Exception]
) -> None:
    """At least two holders, two good passphrases; nothing stays behind."""
    with pytest.raises(error):
        make(**given)
    assert not (tmp_path / "w").exists() or not list((tmp_path / "w").iterdir())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_machine_may_have_no_vault_slot(make: Make) -> None:
    """The high-risk profile: paper and head office only."""
    root = make(vault=None).root
    workspace = opened(root)

    assert [holder for holder, _ in workspace.register.recipients.keys] == ["R", "O"]
    assert not (root / "vault.age").exists()
    with pytest.raises(NoSuchSlot):
        by_passphrase(root, lambda: VAULT)
    workspace.close()


def test_whoever_acts_is_known_by_key_or_claims(make: Make) -> None:
    """Another code typed is only a claim, and whose slot is open stands beside it."""
    workspace = opened(make().root)
    assert workspace.actor() == workspace.actor("coord-1") == Actor("coord-1", "key")
    assert workspace.actor(" sup-2 ") == Actor("sup-2", "claimed", hand="coord-1")
    with pytest.raises(CodeUnsuitable):
        workspace.actor("dikalo")
    workspace.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "error"),
    [("keys.json", KeysMissing), ("register.db", RegisterMissing), ("dikalo.toml", config.SettingsMissing)],
)
def test_a_missing_file_is_named(make: Make, name: str, error: type[Exception]) -> None:
    """Each has its own sentence and its own remedy."""
    root = make().root
    (root / name).unlink()
    with pytest.raises(error):
        opened(root)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_wrong_passphrase_or_damaged_slots_open_nothing(make: Make) -> None:
    """In this order: asked once, refused once."""
    root = make().root
    with pytest.raises(WrongPassphrase):
        open_workspace(root, secret=lambda _prompt: VAULT)
    (root / "keys.json").write_bytes((root / "keys.json").read_bytes()[:-20])
    with pytest.raises(KeysDamaged):
        open_workspace(root, secret=never)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_files_of_two_workspaces_do_not_mix(make: Make) -> None:
    """A keys.json or register.db put back from the wrong backup is not taken."""
    first, second = make("a").root, make("b").root
    keys = (first / "keys.json").read_bytes()
    (first / "keys.json").write_bytes((second / "keys.json").read_bytes())
    with pytest.raises(WorkspaceMixed):
        opened(first)
    (first / "keys.json").write_bytes(keys)
    (first / "register.db").write_bytes((second / "register.db").read_bytes())
    with pytest.raises(RegisterDamaged):
        opened(first)


def test_holders_that_were_changed_in_the_register_stop_everything(
    make: Make, holders: dict[Holder, Identity]
) -> None:
    """One changed row would seal all that comes to a stranger."""
    root = make().root
    workspace = opened(root)
    pairs = [["V", holders["V"].public], ["R", holders["R"].public]]
    with workspace.register.writing() as rows:
        rows.upsert(setting, [{"name": "recipients", "value": json.dumps(pairs)}])
    workspace.close()
    with pytest.raises(RecipientsChanged):
        opened(root)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_also_writes_the_chain_is_caught(make: Make, holders: dict[Holder, Identity]) -> None:
    """Its administrator can change every row; the client has pinned the holders itself."""
    root = make().root
    workspace = opened(root)
    keys: dict[Holder, str] = {"V": holders["V"].public, "R": holders["R"].public}
    other = type(workspace.register.recipients).of(keys)
    with workspace.register.writing() as rows:
        custody.append(rows, [custody.Entry("KEYS_CHANGED", "x", other.fingerprint)], NOW)
        rows.upsert(
            setting,
            [
                {"name": "recipients", "value": json.dumps([list(pair) for pair in other.keys])},
                {"name": "recipients.line", "value": "2"},
            ],
        )
    workspace.close()
    with pytest.raises(RecipientsChanged):
        opened(root)


def seal_text(workspace: Workspace) -> None:
    """Seal one text under the scope s1."""
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        sealer.seal(b"a name", "s1", "row", "person:1", "uuid:1")
        sealed_rows.keep(rows, sealer, NOW)


@pytest.mark.parametrize("holder", ["V", "R", "O"])
def test_any_holder_alone_opens_register_and_vault(
    make: Make, holders: dict[Holder, Identity], holder: Holder
) -> None:
    """Without the everyday passphrase, and for R and O without keys.json."""
    root = make().root
    workspace = opened(root)
    seal_text(workspace)
    workspace.close()
    key = by_passphrase(root, lambda: VAULT) if holder == "V" else by_identity(holders[holder].secret)
    if holder != "V":
        (root / "keys.json").unlink()

    workspace = open_unlocked(unlock_with(root, key))
    with workspace.register.reading() as rows:
        found = items_of_scopes(rows, ["s1"])
    with Vault(workspace.register, key, Actor("x1", "claimed"), now=lambda: NOW) as vault:
        assert vault.holder == holder
        assert [item.data for item in vault.open_items("why", found)] == [b"a name"]
    workspace.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_vault_age_gives_a_machine_its_vault_again(make: Make, holders: dict[Holder, Identity]) -> None:
    """To R and to O, not to V itself."""
    root = make().root
    sealed = (root / "vault.age").read_bytes()
    for holder in ("R", "O"):
        identity = pyrage.x25519.Identity.from_str(holders[holder].secret)
        assert pyrage.decrypt(sealed, [identity]) == str(by_passphrase(root, lambda: VAULT).identity).encode()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [by_passphrase(root, lambda: VAULT).identity])


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_stranger_opens_no_register(make: Make) -> None:
    """Whatever key is typed."""
    root = make().root
    with pytest.raises(PageUnopened):
        unlock_with(root, by_identity(demo_keys.IDENTITIES["R"].secret))
    with pytest.raises(RecoveryKeyWrong):
        by_identity("AGE-SECRET-KEY-1" + "Q" * 58)


def test_a_new_workspace_has_fourteen_days_to_prove_its_holders(make: Make) -> None:
    """After that, sealing for people who may have lost their key stops."""
    workspace = opened(make().root)
    workspace.require_proof(NOW + timedelta(days=14))
    with pytest.raises(RecipientsUnproven):
        workspace.require_proof(NOW + timedelta(days=15))
    with workspace.register.writing() as rows:
        write_proofs(rows, ("V", "R"), NOW)
        assert proofs(rows) == {"V": NOW, "R": NOW}
    workspace.require_proof(NOW + timedelta(days=400))
    workspace.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_real_workspace_never_becomes_a_demonstration(make: Make) -> None:
    """Its mark stands in the register as well."""
    root = make().root
    workspace = opened(root)
    with workspace.register.writing() as rows:
        assert rows.execute(select(setting.c.value).where(setting.c.name == "demo")).scalar() == "no"
        rows.upsert(setting, [{"name": "demo", "value": "yes"}])
    workspace.close()
    with pytest.raises(DemoAndRealMixed):
        opened(root)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_unlocked_keys_show_nothing(make: Make) -> None:
    """They may stand in a traceback."""
    keys = unlock(make().root, secret=lambda _prompt: DAY)
    assert keys.day_key.hex() not in repr(keys)
    assert str(keys.day_key) not in repr(keys)
    assert DAY not in repr(NewKeys(day=DAY, vault=VAULT))
