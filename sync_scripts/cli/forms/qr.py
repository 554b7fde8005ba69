"""``dikalo qr``: the code that sets up a phone. Parses, asks for the secret, calls `phones`, prints with secrets covered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any

import click

from sync_scripts import config
from sync_scripts.classroom.page import PROJECT, join_settings
from sync_scripts.cli.frame.options import DryRun
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.errors import N_
from sync_scripts.phones import access
from sync_scripts.phones.access import AddressUnfit, PhoneServer, choose, in_settings
from sync_scripts.phones.code import (
    App,
    Card,
    CodeUnreadable,
    FormatUnknown,
    decode,
    draw_png,
    draw_svg,
    draw_terminal,
    encode,
    page,
)
from sync_scripts.phones.settings import Holder, faults, hardened, is_hardened, masked, require
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.clear_files import ends_in_order
from sync_scripts.store.durable import make_folder, write_whole
from sync_scripts.store.lock import hold
from sync_scripts.store.workspace import Unlocked, unlock
from xlsform import pdf
from xlsform.build import NotWritten

SECRET_DESCRIPTOR = "DIKALO_PHONE_FD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class _Made:
    """A code, ready to be drawn. ``admin`` is its administration password, "" where there is none."""

    settings: Mapping[str, Any]
    card: Card
    admin: str = ""


@dataclass(frozen=True, kw_only=True)
class _Given:
    """For whom a code is made, of what server, and what is shown and written of it."""

    code: Annotated[str | None, place(_("[CODE]"))]
    server: Annotated[
        str | None, option("--server", "The server of dikalo.toml that phones send to.", _("NAME"))
    ]
    url: Annotated[str | None, option("--url", "The server, if dikalo.toml does not name it.", "URL")]
    number: Annotated[str | None, option("--project", "Number of the project on ODK Central.", _("NUMBER"))]
    account: Annotated[
        str | None, option("--account", "User name on KoboToolbox; it may only add submissions.", _("NAME"))
    ]
    title: Annotated[
        str,
        option(
            "--title",
            "Name of the project on the phone; neutral, because a search reads it.",
            show_default=True,
        ),
    ] = "Dikalo"
    app: Annotated[
        App, option("--app", "For which application the card is worded; the code is the same.")
    ] = "collect"
    classroom: Annotated[
        str | None, option("--classroom", "Address of a classroom: a code without any secret.", "URL")
    ]
    inspect: Annotated[
        Path | None,
        option("--inspect", "Show what a code holds, secrets covered; the file holds the scanned text."),
    ]
    png: Annotated[Path | None, option("--png", "Write the code as a picture (.png, .svg).")]
    card: Annotated[
        Path | None,
        option("--card", "Write a card to print, A5 (.html, or .pdf if Chromium or LibreOffice is here)."),
    ]
    show: Annotated[bool, option("--show", "Draw the code in this terminal.")]
    reveal: Annotated[
        bool, option("--reveal", "Show the settings with their secrets, for the management of phones.")
    ]
    admin_password: Annotated[
        bool, option("--admin-password", "Show the administration password of this phone.")
    ]
    new_password: Annotated[
        bool, option("--new-password", "Draw another administration password instead of the kept one.")
    ]
    dry_run: DryRun


@command("qr")
def qr(shell: Shell, *, given: _Given) -> None:
    """Make or inspect a code; write and show only what was asked for, in a dry run nothing."""
    if sum(map(bool, (given.code, given.classroom, given.inspect))) != 1:
        raise click.UsageError(_("Give the code of a person, or --classroom, or --inspect."))
    if given.inspect is not None:
        _inspect(shell, given.inspect)
        return
    if given.dry_run:  # a password that is not kept must not be shown, nor a code that holds it
        given = replace(given, show=False, reveal=False, admin_password=False)
    pictures = tuple(path for path in (given.png, given.card) if path is not None)
    _require_kinds(given.png, given.card)
    made = _classroom(shell, given) if given.classroom else _person(shell, given)

    text = encode(made.settings)
    drawn = draw_terminal(text)  # before anything is written: a code that is too long is none
    written = [] if given.dry_run else [_write(path, made, text) for path in pictures]
    shell.show(_document(made, given, written), _lines(made, given, written, drawn))


def _require_kinds(png: Path | None, card: Path | None) -> None:
    """Refuse names of files that say no kind we can write, and a PDF that nothing here can make."""
    if png is not None and png.suffix.lower() not in {".png", ".svg"}:
        raise FormatUnknown(allowed=".png, .svg")
    if card is not None:
        allowed = {".html": ".html", ".pdf": ".pdf"} if pdf.routes() else {".html": ".html"}
        if card.suffix.lower() not in allowed:
            raise FormatUnknown(allowed=", ".join(allowed))


# --- the code of a person -----------------------------------------------------------------------------------------


def _person(shell: Shell, given: _Given) -> _Made:
    """Return the hardened code of one person; the administration password is kept in the workspace."""
    code = worker_code(given.code or "")
    server = _server(shell, given)
    keep = not given.dry_run
    with ExitStack() as stack:
        if keep:
            stack.enter_context(hold(shell.root, "qr"))
        keys: Unlocked = unlock(shell.root, secret=shell.secret, kept=not shell.handed("DIKALO_KEY_FD"))
        secret = shell.secret(_secret_prompt(server, code), descriptor=SECRET_DESCRIPTOR)
        language = "en" if shell.lang == "en" else "fr"
        known = None if given.new_password else access.passwords(keys).get(code)
        admin = known or access.draw_password()
        settings = hardened(server, secret, Holder(code, admin, language, given.title))
        if keep and known is None:  # only once it is sure that there will be a code
            _keep(keys, code, admin)
    card = Card(encode(settings), given.title, code=code, app=given.app, language=language)
    return _Made(settings, card, admin)


def _keep(keys: Unlocked, code: str, admin: str) -> None:
    try:
        access.keep_password(keys, code, admin)
    except OSError as error:
        raise NotWritten(file=access.PASSWORDS) from error


def _server(shell: Shell, given: _Given) -> PhoneServer:
    """Return where the phone sends to: as said on the command line, else what the workspace says."""
    settings = config.load(shell.root)
    if given.url and given.number:
        return PhoneServer("central", given.url, given.number)
    if given.url and given.account:
        return PhoneServer("kobo", given.url, given.account)
    found = choose(in_settings(settings.server), given.server)
    said = given.number if found.kind == "central" else given.account
    return PhoneServer(found.kind, found.url, said or found.place, found.name)


def _secret_prompt(server: PhoneServer, code: str) -> str:
    if server.kind == "central":
        return _("Token of the app user of {code} on ODK Central").format(code=code)
    return _("Password of the account {account} on KoboToolbox").format(account=server.place)


# --- the code of a classroom --------------------------------------------------------------------------------------


def _classroom(shell: Shell, given: _Given) -> _Made:
    address = _classroom_address(given.classroom or "")
    settings = join_settings(address)
    require(settings)
    card = Card(encode(settings), PROJECT, address=address, app=given.app, language=shell.lang)
    return _Made(settings, card)


def _classroom_address(given: str) -> str:
    """Return the address of a classroom; any other address would put a code without protection into circulation."""
    if not re.fullmatch(r"http://[A-Za-z0-9.\-\[\]:]+(:[0-9]+)?/t/[A-Za-z0-9]+/?", given):
        raise AddressUnfit(why=N_("it is not the address of a classroom, as dikalo classroom shows it"))
    return given


# --- showing ------------------------------------------------------------------------------------------------------


def _inspect(shell: Shell, file: Path) -> None:
    """Show what a code holds; exit code 3 when a phone would refuse or skip something of it."""
    try:
        with file.open("rb") as stream:
            text = stream.read(100_000).decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise CodeUnreadable from None
    settings = decode(text)
    wrong = list(faults(settings))
    shown = masked(settings)
    document = {
        "schema": "dikalo.qr.inspect/1",
        "settings": shown,
        "hardened": is_hardened(settings),
        "problems": [{"code": fault.code, "key": fault.key, "message": fault.words()} for fault in wrong],
    }
    lines = [*_settings_lines(shown), *(f"{fault.code} · {fault.words()}" for fault in wrong)]
    if not document["hardened"]:
        lines.append(_("This is not the protected profile: a phone set up with it is open to a search."))
    shell.show(document, lines)
    if wrong:
        shell.attention()


def _document(made: _Made, given: _Given, written: list[Path]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": "dikalo.qr/1",
        "dry_run": given.dry_run,
        "code": made.card.code or None,
        "characters": len(made.card.text),
        "settings": dict(made.settings) if given.reveal else masked(made.settings),
        "files": [str(path) for path in written],
    }
    if given.admin_password and made.admin:
        document["admin_password"] = made.admin
    return document


def _lines(made: _Made, given: _Given, written: list[Path], drawn: str) -> Iterator[str]:
    yield from _settings_lines(made.settings if given.reveal else masked(made.settings))
    if given.show:
        yield drawn
    for path in written:
        yield _("Written: {file}").format(file=path.name)
    if given.admin_password and made.admin:
        yield _("Administration password of {code}: {password}").format(
            code=made.card.code, password=made.admin
        )
    if made.card.code and (written or given.show or given.reveal):
        yield _(
            "This holds the access of {code} in clear. Hand it over in person, then destroy it; if it is lost, close this "
            "access on the server."
        ).format(code=made.card.code)
    elif not written and not given.show:
        yield _("Nothing was written. Add --card FILE or --png FILE, or --show to draw the code here.")


def _settings_lines(settings: Mapping[str, Any]) -> Iterator[str]:
    for part, chosen in settings.items():
        if isinstance(chosen, Mapping):
            yield from (f"{part}.{key} = {_plain(value)}" for key, value in chosen.items())
        else:
            yield f"{part} = {_plain(chosen)}"


def _plain(value: object) -> str:
    """Return a value as it is written in the settings: texts in quotes, switches as true and false."""
    return json.dumps(value, ensure_ascii=False)


# --- writing ------------------------------------------------------------------------------------------------------


def _write(path: Path, made: _Made, text: str) -> Path:
    """Write a picture or a card for its owner's eyes only, whole or not at all."""
    data = _bytes(path.suffix.lower(), made, text)
    try:
        make_folder(path.parent)
        write_whole(path, data)
    except OSError as error:
        raise NotWritten(file=path.name) from error
    return path


def _bytes(kind: str, made: _Made, text: str) -> bytes:
    if kind == ".png":
        return draw_png(text)
    if kind == ".svg":
        return draw_svg(text).encode()
    html = page(made.card)
    if kind != ".pdf":
        return html.encode()
    with ends_in_order():  # the page lies in a file while it is printed, and holds the access to the server
        return pdf.printed(html, pdf.routes())[0]
