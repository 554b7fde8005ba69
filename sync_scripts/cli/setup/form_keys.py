"""``dikalo keys form`` and ``dikalo decrypt``: the key pair of an encrypted form, and a folder of encrypted submissions opened with a key file.

Shows the public half only, and replaces nothing unasked. ``decrypt`` needs no workspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import click

from sync_scripts.cli.frame.options import DryRun, deed, either, nothing_written
from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option, place
from sync_scripts.deploy.package import lay
from sync_scripts.errors import UsageProblem
from sync_scripts.intake.encryption.ciphertext import key_in
from sync_scripts.intake.encryption.decrypt_folder import Done, beside
from sync_scripts.intake.encryption.decrypt_folder import decrypt as open_all
from sync_scripts.store.clear_files import ends_in_order
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey, Use
from xlsform import pack

KeyInUse: Final = UsageProblem.declare(
    "DK-E02",
    "The form {form} has a key already, of the use {use}, and phones may be encrypting with it. Nothing was made. To "
    "give the form another key from its next deployment on, add --replace; the old key is kept for what still comes.",
)


@command("form")
def form(
    shell: Shell,
    *,
    name: Annotated[str, place(_("FORM"))],
    use: Annotated[
        Use | None,
        option(
            "--use",
            "Who opens: the register by itself (day, without this option), or a person with the vault.",
        ),
    ],
    replace: Annotated[
        bool,
        option(
            "--replace",
            "Make a new key in place of the one in use: once a year, after a laptop was lost, or for another use.",
        ),
    ],
    dry_run: DryRun,
) -> None:
    """Make, or show, the key of one form."""
    with shell.workspace(write=not dry_run, command="keys form") as workspace:
        stamp = pack.find(name, workspace.forms).form_id
        now = shell.clock()
        workspace.require_proof(now)
        with workspace.register.reading() as rows:
            held = form_keys.current(rows, stamp)
        deed = decide(held, use, replace=replace)
        key = held
        if deed != "keep" and not dry_run:
            key = form_keys.make(workspace.register, stamp, use or "day", workspace.actor(), now)
        if key is not None and not dry_run:
            _lay(workspace.forms, key)
    document = {
        "schema": "dikalo.keys.form/1",
        "code": stamp,
        "use": use or (held.use if held else "day"),
        "deed": deed,
        "dry_run": dry_run,
        "fingerprint": key.fingerprint if key and (deed == "keep" or not dry_run) else "",
        "public_key": key.public if key and (deed == "keep" or not dry_run) else "",
    }
    shell.show(document, _key_lines(document))


def decide(held: FormKey | None, use: Use | None, *, replace: bool) -> Literal["make", "replace", "keep"]:
    """Say what to do about the key of a form.

    Raises:
        KeyInUse: it has one of another use, and it shall not be replaced.
    """
    if held is None:
        return "make"
    if replace:
        return "replace"
    if use not in {None, held.use}:
        raise KeyInUse(form=held.form, use=held.use)
    return "keep"


def _lay(forms: Path, key: FormKey) -> None:
    """Lay the public half beside the forms, for a trainer who deploys without a register; it is no secret."""
    lay(forms, key.form, key.public)


def _key_lines(made: dict[str, Any]) -> Iterator[str]:
    dry_run = made["dry_run"]
    yield from nothing_written(dry_run=dry_run)
    words = {
        "make": deed(_("{form}: a new key, of the use {use}."), dry_run=dry_run),
        "replace": deed(
            _("{form}: a new key, of the use {use}; the one before is kept for what still comes."),
            dry_run=dry_run,
        ),
        "keep": _("{form}: has its key already, of the use {use}: there is nothing to make."),
    }
    yield words[made["deed"]].format(form=made["code"], use=made["use"])
    if made["fingerprint"]:
        yield _("Fingerprint: {fingerprint}").format(fingerprint=made["fingerprint"])
    if made["deed"] != "keep" and not dry_run:
        yield _("Phones use it after the next dikalo forms deploy {form}. Then make a backup.").format(
            form=made["code"]
        )


@command("decrypt")
def decrypt(
    shell: Shell,
    *,
    folder: Annotated[Path, place(_("FOLDER"), type=click.Path(path_type=Path))],
    key_files: Annotated[
        tuple[Path, ...],
        option(
            "--key",
            "Private key of the form (PEM or DER); several may be given, the newest first.",
            required=True,
        ),
    ],
    into: Annotated[
        Path | None,
        option(
            "--into",
            "Folder for the plain submissions; made when it is not there. Without it: FOLDER-decrypted, which must not be there.",
            type=FOLDER,
        ),
    ],
    dry_run: DryRun,
) -> None:
    """Open every submission; exit code 3 when one could not be opened."""
    keys = [key_in(path) for path in key_files]
    target = into or beside(folder)
    with shell.progress(_("Submissions"), None) as progress, ends_in_order():
        done = list(open_all(folder, keys, target, dry_run=dry_run, progress=progress))
    shell.show(
        {
            "schema": "dikalo.decrypt/1",
            "dry_run": dry_run,
            "into": str(target),
            "submissions": [asdict(one) for one in done],
        },
        _opened_lines(done, target, dry_run=dry_run),
    )
    if any(one.refusal and one.refusal != "NOT_ENCRYPTED" for one in done):
        shell.attention()


def _opened_lines(done: Sequence[Done], target: Path, *, dry_run: bool) -> Iterator[str]:
    opened = sum(not one.refusal and not one.there for one in done)
    words = either(_("Opened: {count}."), _("Can be opened: {count}."), dry_run=dry_run)
    yield words.format(count=opened)
    if opened and not dry_run:
        yield _("They lie in the clear in {folder}. Erase it when it is no longer needed.").format(
            folder=target
        )
    renamed = sum(one.renamed for one in done)
    if renamed:
        yield _(
            "Files whose names could do harm, called file-1, file-2 ... instead, in the order of their submission: {count}."
        ).format(count=renamed)
    there = sum(one.there for one in done)
    if there:
        yield _("Opened before: {count}.").format(count=there)
    plain = sum(one.refusal == "NOT_ENCRYPTED" for one in done)
    if plain:
        yield _("Not encrypted, left where they are: {count}.").format(count=plain)
    refused = Counter(one.refusal for one in done if one.refusal not in {"", "NOT_ENCRYPTED"})
    for refusal, count in sorted(refused.items()):
        numbers = ", ".join(str(one.number) for one in done if one.refusal == refusal)
        words = either(
            _("Not opened, {refusal}: {count} (number {numbers} of the folder)."),
            _("Cannot be opened, {refusal}: {count} (number {numbers} of the folder)."),
            dry_run=dry_run,
        )
        yield words.format(refusal=refusal, count=count, numbers=numbers)
