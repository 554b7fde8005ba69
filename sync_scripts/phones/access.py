"""The secrets of a phone: the address that it sends to, and the administration password of its settings. Asks no server anything.

On Central the address holds the token of one app user; on KoboToolbox user name and password are settings of their own. Tokens are
kept nowhere; administration passwords, one a person, lie in ``phones.json``, wrapped under the everyday key.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from sync_scripts.config import ServerSettings
from sync_scripts.errors import N_, Damaged, UsageProblem, When
from sync_scripts.secrets.wrapped_file import LARGEST, PHONES, Altered
from sync_scripts.store.durable import write_whole
from sync_scripts.store.workspace import Unlocked

ServerForPhonesMissing: Final = UsageProblem.declare(
    "DK-L72",
    "It is not clear to which server this phone sends. Nothing was made. Servers for phones in dikalo.toml: {known}. "
    "Choose one with --server, or give --url with --project (ODK Central) or --account (KoboToolbox).",
    instead=(
        When(
            "known",
            "",
            "dikalo.toml names no server for phones, so it is not clear to which one this phone sends. Nothing was made. "
            "Give --url with --project (ODK Central) or --account (KoboToolbox).",
        ),
    ),
)


AddressUnfit: Final = UsageProblem.declare(
    "DK-L73",
    "This address cannot be given to phones: {why}. No code was made.",
    shown={"why": gettext},
)


SecretUnfit: Final = UsageProblem.declare(
    "DK-L74",
    "What was given as token or password cannot be one. No code was made. The token of an app user of ODK Central is "
    "64 letters and digits long, without blanks: it stands in the address between key/ and /projects.",
)


_TOKEN: Final = re.compile(r"[A-Za-z0-9!$]{64}")
_PROJECT: Final = re.compile(r"[1-9][0-9]{0,9}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_.+-]{1,150}")
_SMALLEST_PASSWORD: Final = 8


@dataclass(frozen=True, slots=True)
class PhoneServer:
    """Where phones send to.

    ``place`` is the number of the project on Central; on KoboToolbox the account, "" when each person has another.
    """

    kind: Literal["central", "kobo"]
    url: str
    place: str = ""
    name: str = ""


def place(server: PhoneServer, secret: str) -> dict[str, str]:
    """Return the settings that say where the phone sends to, the secret among them.

    Args:
        server: the server.
        secret: the token of the person's app user (Central), or the password of the account (KoboToolbox).

    Raises:
        AddressUnfit: not https, no host, a login or a question in it, or no project or account.
        SecretUnfit: it cannot be a token or password.
    """
    if not server.url:
        raise AddressUnfit(why=N_("dikalo.toml does not say which address phones use; write it as openrosa"))
    origin = _origin(server.url)
    if server.kind == "central":
        if not _PROJECT.fullmatch(server.place):
            raise AddressUnfit(why=N_("the project must be given by its number on ODK Central"))
        if not _TOKEN.fullmatch(secret := secret.strip()):
            raise SecretUnfit
        return {"server_url": f"{origin}/v1/key/{secret}/projects/{server.place}"}
    if not _ACCOUNT.fullmatch(server.place):
        raise AddressUnfit(why=N_("the account must be given by its user name on KoboToolbox"))
    if len(secret) < _SMALLEST_PASSWORD or not secret.isprintable():
        raise SecretUnfit
    return {"server_url": origin, "username": server.place, "password": secret}


def _origin(url: str) -> str:
    """Return scheme and host, with the port and the path if there are any, without a slash at the end."""
    if not url.isprintable() or any(char.isspace() for char in url):
        raise AddressUnfit(why=N_("it holds blanks or characters that cannot be seen"))
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port
    except ValueError:
        raise AddressUnfit(why=N_("it is no address")) from None
    if parts.scheme != "https" or not host:
        raise AddressUnfit(why=N_("it must begin with https:// and name a server"))
    if "@" in parts.netloc or parts.query or parts.fragment or "/key/" in parts.path:
        raise AddressUnfit(why=N_("it must hold neither a login, nor a token, nor a question mark"))
    return url.rstrip("/")


# --- from the settings of a workspace -----------------------------------------------------------------------------


def in_settings(servers: Iterable[ServerSettings]) -> Iterator[PhoneServer]:
    """Yield the servers of ``dikalo.toml`` to which phones can send.

    KoboToolbox has a host of its own for phones; where the settings do not say it, the address stays empty.
    """
    for server in servers:
        if server.kind == "central":
            project = "" if server.project is None else str(server.project)
            yield PhoneServer("central", server.url, project, server.name)
        elif server.kind == "kobo":
            yield PhoneServer("kobo", server.openrosa, "", server.name)


def choose(found: Iterable[PhoneServer], name: str | None) -> PhoneServer:
    """Return the server of that name; the only one there is when no name is given.

    Raises:
        ServerForPhonesMissing: there is none, or several and no name.
    """
    servers = list(found)
    fitting = [server for server in servers if name in {None, server.name}]
    if len(fitting) != 1:
        raise ServerForPhonesMissing(known=", ".join(server.name for server in servers))
    return fitting[0]


PhonesDamaged: Final = Damaged.declare(
    "DK-L76",
    "The file phones.json is damaged, or belongs to another workspace. Nothing was changed. Delete it, and new administration "
    "passwords are drawn with the next codes. To read the earlier ones, restore your last backup into a new folder: dikalo -C "
    "NEW restore FOLDER.",
)


PASSWORDS: Final = PHONES.name
_ALPHABET: Final = "abcdefghjkmnpqrstvwxyz23456789"
"""Nothing that is mistaken for something else, nothing that needs the other keyboard of a phone."""
_LENGTH: Final = 10


def draw_password() -> str:
    """Return a new administration password, about 49 bits, easy to type on a phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def keep_password(keys: Unlocked, code: str, password: str) -> None:
    """Keep the administration password of a person; replaces the one kept before.

    Hold the lock of the workspace. Phones that were set up before keep their old password until they scan a new code.

    Raises:
        PhonesDamaged: the file that is there cannot be opened.
    """
    known = msgspec.json.encode({**passwords(keys), code: password})
    write_whole(keys.root / PASSWORDS, PHONES.wrap(keys.day_key, keys.settings.id, known))


def passwords(keys: Unlocked) -> Mapping[str, str]:
    """Return the passwords by person's code; none when no code was ever made here.

    Raises:
        PhonesDamaged: the file is altered, or of another workspace.
    """
    path = keys.root / PASSWORDS
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST)
        return msgspec.json.decode(PHONES.unwrap(keys.day_key, keys.settings.id, data), type=dict[str, str])
    except (OSError, msgspec.DecodeError, ValueError, Altered):
        raise PhonesDamaged from None
