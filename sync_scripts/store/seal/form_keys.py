"""The RSA keys of encrypted forms: their public halves in the open, their private halves never in a row that others read.

A key of the everyday use lies with the logins: in the encrypted register, or wrapped on this computer where the register
is on PostgreSQL. A key of the vault's use lies nowhere but in a sealed item. Of every key a sealed copy is kept, so that
the vault opens what a lost laptop no longer can. Old keys are never removed: late submissions still need them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select

from sync_scripts.errors import Damaged, UsageProblem
from sync_scripts.secrets.login_file import LoginFile, LoginsDamaged
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import write_whole
from sync_scripts.store.schema.raw import form_key, scope, secret
from sync_scripts.store.seal import sealed_rows
from sync_scripts.store.seal.sealing import new_scope

Use = Literal["day", "vault"]
"""Who opens what a form brings: the everyday register by itself, or a person with the vault."""
BITS: Final = 2048
"""The one length that every tool that encrypts or decrypts such forms is known to take."""
FILE: Final = "form-keys.json"
"""With a register on PostgreSQL: the private halves of everyday keys, each wrapped for itself."""
_NAME: Final = "form-key:"


FormKeysDamaged: Final = Damaged.declare(
    "DK-E01",
    "The file form-keys.json is damaged or belongs to another workspace, so encrypted submissions cannot be opened "
    "here. Do not delete it. Put it back from your last backup; until then dikalo vault intake --reason TEXT opens what waits.",
)
KeyOfVault: Final = UsageProblem.declare(
    "DK-E17",
    "The key of the form {form} is of the use vault: it is kept nowhere but sealed. Nothing was done. For a form that the "
    "register opens by itself, make another key: dikalo keys form {form} --use day --replace.",
)


class FormKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key, without its private half.

    Attributes:
        fingerprint: 32 hex of the SHA-256 of the public key.
        form: stamp of the form.
        use: who opens.
        public: base64 of the SubjectPublicKeyInfo in one line, as the setting ``public_key`` has it.
        made_at: instant, as text.
        made_by: code of the worker.
        key_page, item: the sealed private half.
    """

    fingerprint: str
    form: str
    use: Use
    public: str
    made_at: str
    made_by: str
    key_page: str | None = None
    item: int | None = None


def fingerprint(public: str) -> str:
    """Return what a public key is called here; of a text that is no key, something that no key is called."""
    try:
        der = base64.b64decode("".join(public.split()), validate=True)
    except ValueError:
        der = public.encode()
    return hashlib.sha256(der).hexdigest()[:32]


def keys(rows: Rows, form: str | None = None) -> list[FormKey]:
    """Return the keys of a form, or of all forms, newest first."""
    asked = select(form_key).order_by(form_key.c.made_at.desc(), form_key.c.fingerprint)
    if form is not None:
        asked = asked.where(form_key.c.form == form)
    return [FormKey(**row) for row in rows.execute(asked).mappings()]


def current(rows: Rows, form: str) -> FormKey | None:
    """Return the key that is in use for a form: the newest, None when the form has none."""
    return next(iter(keys(rows, form)), None)


def _after(before: FormKey | None, now: datetime) -> str:
    """Return the instant of a new key: later than that of the one it replaces, even if a clock was ahead when that was made.

    Else the old one, which somebody may have taken, would stay in use until then.
    """
    if before is None:
        return instant(now)
    return max(instant(now), instant(moment(before.made_at) + timedelta(microseconds=1)))


def make(register: Register, form: str, use: Use, actor: Actor, now: datetime) -> FormKey:
    """Make a key for a form and keep both halves; the ones before it stay.

    The private half of an everyday key is stored before its row, or with it: a public key that is known is one that
    opens.

    Raises:
        FormKeysDamaged: the file for private halves is altered; nothing was made.
        DiskFull and other errors of the store: nothing was made.
    """
    drawn = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    private_half = drawn.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public_half = drawn.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = base64.b64encode(public_half).decode()
    made = FormKey(
        fingerprint=fingerprint(public),
        form=form,
        use=use,
        public=public,
        made_at=instant(now),
        made_by=actor.code,
    )
    if use == "day" and register.dialect == "postgresql":
        _write_file(register, made.fingerprint, private_half)
    with register.sealer() as sealer, register.writing() as rows:
        made = msgspec.structs.replace(made, made_at=_after(current(rows, form), now))
        item = sealer.seal(private_half, _workspace_scope(rows), "formkey", f"form:{form}", made.fingerprint)
        made = msgspec.structs.replace(made, key_page=item.key_page, item=item.item)
        rows.many(form_key, [msgspec.structs.asdict(made)])
        if use == "day" and register.dialect == "sqlite":
            rows.upsert(secret, [{"name": _NAME + made.fingerprint, "value": private_half}])
        details = {"form": form, "use": use}
        custody.append(rows, [custody.Entry("KEYS_CHANGED", actor.code, made.fingerprint, details)], now)
        sealed_rows.keep(rows, sealer, now, actor)
    return made


def private(register: Register, wanted: Iterable[FormKey]) -> dict[str, bytes]:
    """Return the private halves (PKCS#8 DER) of those of the keys that lie here, by fingerprint: everyday keys alone.

    Raises:
        FormKeysDamaged: the file that holds them is altered.
    """
    names = [one.fingerprint for one in wanted if one.use == "day"]
    if not names:
        return {}
    if register.dialect == "sqlite":
        asked = select(secret.c.name, secret.c.value).where(
            secret.c.name.in_([_NAME + name for name in names])
        )
        with register.reading() as rows:
            return {row.name.removeprefix(_NAME): row.value for row in rows.execute(asked)}
    file = _file(register)
    try:
        found = {name: file.find(_NAME + name) for name in names}
    except LoginsDamaged:
        raise FormKeysDamaged from None
    return {name: value for name, value in found.items() if value is not None}


def put_back(register: Register, one: FormKey, private_half: bytes) -> None:
    """Keep the private half of an everyday key on this computer again, after the vault has opened its sealed copy.

    Raises:
        FormKeysDamaged: the file for private halves is altered.
        KeyOfVault: the key is of the vault's use; it is kept nowhere but sealed.
    """
    if one.use != "day":
        raise KeyOfVault(form=one.form)
    if register.dialect == "postgresql":
        _write_file(register, one.fingerprint, private_half)
        return
    with register.writing() as rows:
        rows.upsert(secret, [{"name": _NAME + one.fingerprint, "value": private_half}])


def _write_file(register: Register, name: str, value: bytes) -> None:
    file = _file(register)
    try:
        write_whole(file.path, file.with_entry(_NAME + name, value))
    except LoginsDamaged:
        raise FormKeysDamaged from None


def _file(register: Register) -> LoginFile:
    """Return the file beside that of the logins: whoever gives new logins must not lose keys with the old ones."""
    if register.login_file is None:
        raise RuntimeError  # a fault of the program: a register of a workspace has its file
    return replace(register.login_file, path=register.login_file.path.with_name(FILE))


def _workspace_scope(rows: Rows) -> str:
    """Return the scope of what belongs to no submission, made when it is not there."""
    found = rows.execute(
        select(scope.c.id).where(scope.c.server == "", scope.c.form == "", scope.c.kind == "workspace")
    ).scalar()
    if found is not None:
        return str(found)
    made = {"id": new_scope(), "kind": "workspace", "server": "", "form": "", "root_id": "", "row": ""}
    rows.many(scope, [made])
    return made["id"]
