"""``dikalo decrypt``: a folder of encrypted submissions, opened with a key file. Needs no workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.frame.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import either
from sync_scripts.intake.encryption.ciphertext import key_in
from sync_scripts.intake.encryption.decrypt_folder import Done, beside
from sync_scripts.intake.encryption.decrypt_folder import decrypt as open_all
from sync_scripts.store.clear_files import ends_in_order


@command("decrypt")
@click.argument("folder", type=click.Path(path_type=Path), metavar=_("FOLDER"))
@click.option(
    "--key",
    "key_files",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    required=True,
    metavar=_("FILE"),
    help=_("Private key of the form (PEM or DER); several may be given, the newest first."),
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=_("FOLDER"),
    help=_(
        "Folder for the plain submissions; made when it is not there. Without it: FOLDER-decrypted, which must not be there."
    ),
)
@dry_run_option
@pass_shell
def decrypt(
    shell: Shell, *, folder: Path, key_files: Sequence[Path], into: Path | None, dry_run: bool
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
        _lines(done, target, dry_run=dry_run),
    )
    if any(one.refusal and one.refusal != "NOT_ENCRYPTED" for one in done):
        shell.attention()


def _lines(done: Sequence[Done], target: Path, *, dry_run: bool) -> Iterator[str]:
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
