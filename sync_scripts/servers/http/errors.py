"""What can go wrong between here and a server, one class for each thing a person would do differently.

``server`` is always the host as the settings name it (with its port), never a path, and no other field ever holds
what a server sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, NotAllowed, Unreachable, UsageProblem


@dataclass(eq=False, kw_only=True)
class AddressUnusable(UsageProblem):
    """The address of a server in the settings cannot be used as it is written."""

    code: ClassVar[str] = "DK-I71"
    message: ClassVar[str] = N_(
        "The address of the server cannot be used. Write it as https://server.example, without user name, password "
        "or path, then run the command again."
    )


@dataclass(eq=False, kw_only=True)
class ClearAddress(UsageProblem):
    """The address begins with http:// and leads out of this machine."""

    code: ClassVar[str] = "DK-I72"
    message: ClassVar[str] = N_(
        "The address of {server} begins with http://: everybody on the way could read the submissions and the "
        "password. Nothing was sent. Write https:// in the settings, then run the command again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class AuthorityUnreadable(UsageProblem):
    """The file with the organisation's own certificate authority cannot be used."""

    code: ClassVar[str] = "DK-I73"
    message: ClassVar[str] = N_(
        "The file with the certificate authority for {server} is missing or is not a certificate (PEM). Nothing was "
        "sent. Correct its path in the settings, then run the command again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class ProxyUnusable(UsageProblem):
    """The proxy in the settings cannot be used."""

    code: ClassVar[str] = "DK-I74"
    message: ClassVar[str] = N_(
        "The proxy for {server} cannot be used. Write it as http://host:port or socks5h://host:port (this one needs "
        "the Python package “socksio”), then run the command again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class CredentialUnusable(NotAllowed):
    """A password or token that cannot be sent, for example one with a line break in it."""

    code: ClassVar[str] = "DK-I75"
    message: ClassVar[str] = N_(
        "The password or the token is empty or holds characters that cannot be sent, for example a line break. Enter "
        "it again, without anything before or after it."
    )


@dataclass(eq=False, kw_only=True)
class LoginRefused(NotAllowed):
    """401, also after one new login."""

    code: ClassVar[str] = "DK-I76"
    message: ClassVar[str] = N_(
        "The server {server} does not accept the login. What was already stored stays stored. Check the account and "
        "enter its password or token again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class NoRight(NotAllowed):
    """403."""

    code: ClassVar[str] = "DK-I77"
    message: ClassVar[str] = N_(
        "The server {server} knows the account, but it may not do this. What was already stored stays stored. Ask "
        "the administrator of the server to give the account this right."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class NotThere(NotAllowed):
    """404: nothing of that name, or no right to see it. Servers do not tell these apart, so neither do we."""

    code: ClassVar[str] = "DK-I78"
    message: ClassVar[str] = N_(
        "The server {server} shows nothing there: the project or form is written wrongly in the settings, or the "
        "account may not see it. This does not mean that nothing is new. Check both."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class Refused(Unreachable):
    """Any other refusal (4xx, 501). ``server_code`` is ODK Central's own number, such as ``409.3``; empty = none."""

    code: ClassVar[str] = "DK-I79"
    message: ClassVar[str] = N_(
        "The server {server} refused the request (answer {status} {server_code}). What was already stored stays "
        "stored. Update dikalo or the server; if it happens again, report it with these numbers."
    )
    server: str
    status: int
    server_code: str = ""


@dataclass(eq=False, kw_only=True)
class ServerDown(Unreachable):
    """5xx: the server answers, but does not work."""

    of_one_answer: ClassVar[bool] = True
    code: ClassVar[str] = "DK-I80"
    message: ClassVar[str] = N_(
        "The server {server} is out of order (answer {status}). This does not mean that nothing is new. What was "
        "already stored stays stored. Run the command again later; if it lasts, tell the administrator of the server."
    )
    server: str
    status: int


@dataclass(eq=False, kw_only=True)
class NoConnection(Unreachable):
    """No connection could be made; nothing was sent."""

    code: ClassVar[str] = "DK-I81"
    message: ClassVar[str] = N_(
        "No connection to {server}. This does not mean that nothing is new. Check the internet connection and the "
        "address in the settings, then run the command again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class AnswerCut(Unreachable):
    """The connection broke, or what arrived is not as long or not as whole as the server announced."""

    of_one_answer: ClassVar[bool] = True
    code: ClassVar[str] = "DK-I82"
    message: ClassVar[str] = N_(
        "The connection to {server} broke and the answer did not arrive whole. What was already stored stays stored. "
        "Run the command again: it goes on where it stopped."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class TimedOut(Unreachable):
    """A deadline passed, or the server sends so slowly that it would never end. ``seconds`` waited."""

    code: ClassVar[str] = "DK-I83"
    message: ClassVar[str] = N_(
        "The server {server} did not answer in time ({seconds} s). What was already stored stays stored. Run the "
        "command again when the connection is better: it goes on where it stopped."
    )
    server: str
    seconds: int


@dataclass(eq=False, kw_only=True)
class AskedToWait(Unreachable):
    """The server refuses for now (429, or 503 with a time) and wants us back later than this call may wait.

    ``wait_s`` is what the server asked for, in seconds, ``None`` = it did not say.
    """

    code: ClassVar[str] = "DK-I84"
    message: ClassVar[str] = N_(
        "The server {server} receives too many requests and asks to wait (answer {status}). What was already stored "
        "stays stored. Run the command again in {minutes} min."
    )
    server: str
    status: int
    minutes: int = 5
    wait_s: float | None = None


@dataclass(eq=False, kw_only=True)
class PageForPeople(Unreachable):
    """An HTML page came where data were asked for."""

    code: ClassVar[str] = "DK-I85"
    message: ClassVar[str] = N_(
        "Instead of data, {server} sent a page meant for people: a login page of the Wi-Fi network, maintenance, or "
        "a wrong address. This does not mean that nothing is new. Open the address in a browser to see which."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class JsonBroken(Unreachable):
    """The JSON ends too early, is damaged, or is nested beyond all reason."""

    code: ClassVar[str] = "DK-I86"
    message: ClassVar[str] = N_(
        "The data from {server} arrived incomplete or damaged. Nothing of them was stored. Run the command again; if "
        "it happens again, tell the administrator of the server."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class ShapeUnknown(Unreachable):
    """The JSON is whole, but is not what this kind of server should answer."""

    code: ClassVar[str] = "DK-I87"
    message: ClassVar[str] = N_(
        "The server {server} answered in a way that dikalo does not know: another kind of server, or a version too "
        "old or too new. Nothing of the answer was stored. Check the kind of server in the settings."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class TooLarge(Unreachable):
    """An answer is larger than can be right, packed or unpacked. ``limit`` in bytes."""

    code: ClassVar[str] = "DK-I88"
    message: ClassVar[str] = N_(
        "The server {server} sent more than expected (limit {limit} bytes). It was stopped and nothing of it was "
        "stored. Check that the address is the right one; if it is, tell the administrator of the server."
    )
    server: str
    limit: int


@dataclass(eq=False, kw_only=True)
class Redirected(Unreachable):
    """The server sends a request elsewhere on itself, where none is followed."""

    code: ClassVar[str] = "DK-I89"
    message: ClassVar[str] = N_(
        "The server {server} sends dikalo on to another page. It was not followed. Open the address in a browser and "
        "write in the settings the address that the browser shows."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class RedirectedElsewhere(Unreachable):
    """The server sends a request to another host; neither password nor token went there."""

    code: ClassVar[str] = "DK-I90"
    message: ClassVar[str] = N_(
        "The server {server} sends dikalo on to another server. It was not followed, and neither password nor token "
        "was sent there. If the server has moved, write its new address in the settings; else tell its administrator."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class TlsRefused(Unreachable):
    """No protected connection could be agreed on; nothing was sent."""

    code: ClassVar[str] = "DK-I91"
    message: ClassVar[str] = N_(
        "No protected connection (TLS) to {server} could be made, so nothing was sent. Something on the way may be "
        "intercepting it: try another network; if it happens there too, tell the administrator of the server."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class CertificateUnknown(TlsRefused):
    """The certificate is self-signed or comes from an authority that this machine does not know."""

    code: ClassVar[str] = "DK-I92"
    message: ClassVar[str] = N_(
        "Nobody that this computer trusts vouches for the certificate of {server} (self-signed, or somebody is "
        "intercepting). Nothing was sent. If your organisation runs the server, put its certificate authority (PEM "
        "file) in the settings; else try another network and tell the administrator."
    )


@dataclass(eq=False, kw_only=True)
class CertificateExpired(TlsRefused):
    """The certificate is not valid today, by the clock of this machine."""

    code: ClassVar[str] = "DK-I93"
    message: ClassVar[str] = N_(
        "By this computer's clock, the certificate of {server} is not valid today. Nothing was sent. Check the date "
        "and time of the computer; if they are right, tell the administrator to renew the certificate."
    )


@dataclass(eq=False, kw_only=True)
class CertificateOfAnother(TlsRefused):
    """The certificate belongs to a server of another name."""

    code: ClassVar[str] = "DK-I94"
    message: ClassVar[str] = N_(
        "What answers as {server} shows the certificate of another server. Nothing was sent. Check the address in "
        "the settings; if it is right, somebody may be intercepting: try another network."
    )
