"""What can go wrong between here and a server, one class for each thing a person would do differently.

``server`` is always the host as the settings name it (with its port), never a path, and no other field ever holds
what a server sent.
"""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import NotAllowed, Unreachable, UsageProblem

AddressUnusable: Final = UsageProblem.declare(
    "DK-I71",
    "The address of the server cannot be used. Write it as https://server.example, without user name, password "
    "or path, then run the command again.",
)
ClearAddress: Final = UsageProblem.declare(
    "DK-I72",
    "The address of {server} begins with http://: everybody on the way could read the submissions and the "
    "password. Nothing was sent. Write https:// in the settings, then run the command again.",
)
AuthorityUnreadable: Final = UsageProblem.declare(
    "DK-I73",
    "The file with the certificate authority for {server} is missing or is not a certificate (PEM). Nothing was "
    "sent. Correct its path in the settings, then run the command again.",
)
ProxyUnusable: Final = UsageProblem.declare(
    "DK-I74",
    "The proxy for {server} cannot be used. Write it as http://host:port or socks5h://host:port (this one needs "
    "the Python package “socksio”), then run the command again.",
)
CredentialUnusable: Final = NotAllowed.declare(
    "DK-I75",
    "The password or the token is empty or holds characters that cannot be sent, for example a line break. Enter "
    "it again, without anything before or after it.",
)
LoginRefused: Final = NotAllowed.declare(
    "DK-I76",
    "The server {server} does not accept the login. What was already stored stays stored. Check the account and "
    "enter its password or token again.",
)
NoRight: Final = NotAllowed.declare(
    "DK-I77",
    "The server {server} knows the account, but it may not do this. What was already stored stays stored. Ask "
    "the administrator of the server to give the account this right.",
)
NotThere: Final = NotAllowed.declare(
    "DK-I78",
    "The server {server} shows nothing there: the project or form is written wrongly in the settings, or the "
    "account may not see it. This does not mean that nothing is new. Check both.",
)
# Any other refusal (4xx, 501). ``server_code`` is ODK Central's own number, such as ``409.3``; empty =
# none.
Refused: Final = Unreachable.declare(
    "DK-I79",
    "The server {server} refused the request (answer {status} {server_code}). What was already stored stays "
    "stored. Update dikalo or the server; if it happens again, report it with these numbers.",
    server_code="",
)
ServerDown: Final = Unreachable.declare(
    "DK-I80",
    "The server {server} is out of order (answer {status}). This does not mean that nothing is new. What was "
    "already stored stays stored. Run the command again later; if it lasts, tell the administrator of the server.",
    of_one_answer=True,
)
NoConnection: Final = Unreachable.declare(
    "DK-I81",
    "No connection to {server}. This does not mean that nothing is new. Check the internet connection and the "
    "address in the settings, then run the command again.",
)
AnswerCut: Final = Unreachable.declare(
    "DK-I82",
    "The connection to {server} broke and the answer did not arrive whole. What was already stored stays stored. "
    "Run the command again: it goes on where it stopped.",
    of_one_answer=True,
)
# A deadline passed, or the server sends so slowly that it would never end. ``seconds`` waited.
TimedOut: Final = Unreachable.declare(
    "DK-I83",
    "The server {server} did not answer in time ({seconds} s). What was already stored stays stored. Run the "
    "command again when the connection is better: it goes on where it stopped.",
)
# The server refuses for now (429, or 503 with a time) and wants us back later than this call may wait.
# ``wait_s`` is what the server asked for, in seconds, 0 = it did not say.
AskedToWait: Final = Unreachable.declare(
    "DK-I84",
    "The server {server} receives too many requests and asks to wait (answer {status}). What was already stored "
    "stays stored. Run the command again in {minutes} min.",
    minutes=5,
    wait_s=0,
)
PageForPeople: Final = Unreachable.declare(
    "DK-I85",
    "Instead of data, {server} sent a page meant for people: a login page of the Wi-Fi network, maintenance, or "
    "a wrong address. This does not mean that nothing is new. Open the address in a browser to see which.",
)
JsonBroken: Final = Unreachable.declare(
    "DK-I86",
    "The data from {server} arrived incomplete or damaged. Nothing of them was stored. Run the command again; if "
    "it happens again, tell the administrator of the server.",
)
ShapeUnknown: Final = Unreachable.declare(
    "DK-I87",
    "The server {server} answered in a way that dikalo does not know: another kind of server, or a version too "
    "old or too new. Nothing of the answer was stored. Check the kind of server in the settings.",
)
# An answer is larger than can be right, packed or unpacked. ``limit`` in bytes.
TooLarge: Final = Unreachable.declare(
    "DK-I88",
    "The server {server} sent more than expected (limit {limit} bytes). It was stopped and nothing of it was "
    "stored. Check that the address is the right one; if it is, tell the administrator of the server.",
)
Redirected: Final = Unreachable.declare(
    "DK-I89",
    "The server {server} sends dikalo on to another page. It was not followed. Open the address in a browser and "
    "write in the settings the address that the browser shows.",
)
RedirectedElsewhere: Final = Unreachable.declare(
    "DK-I90",
    "The server {server} sends dikalo on to another server. It was not followed, and neither password nor token "
    "was sent there. If the server has moved, write its new address in the settings; else tell its administrator.",
)
FilesElsewhere: Final = RedirectedElsewhere.declare(
    "DK-I97",
    "The server {server} hands out its files through another host, {host}, which the settings do not name. It was not followed, and the "
    "file waits there. Ask the administrator of the server whether that host is theirs; if it is, write files_from = "
    '["{host}"] under this server in dikalo.toml.',
)
TlsRefused: Final = Unreachable.declare(
    "DK-I91",
    "No protected connection (TLS) to {server} could be made, so nothing was sent. Something on the way may be "
    "intercepting it: try another network; if it happens there too, tell the administrator of the server.",
)
CertificateUnknown: Final = TlsRefused.declare(
    "DK-I92",
    "Nobody that this computer trusts vouches for the certificate of {server} (self-signed, or somebody is "
    "intercepting). Nothing was sent. If your organisation runs the server, put its certificate authority (PEM "
    "file) in the settings; else try another network and tell the administrator.",
)
CertificateExpired: Final = TlsRefused.declare(
    "DK-I93",
    "By this computer's clock, the certificate of {server} is not valid today. Nothing was sent. Check the date "
    "and time of the computer; if they are right, tell the administrator to renew the certificate.",
)
CertificateOfAnother: Final = TlsRefused.declare(
    "DK-I94",
    "What answers as {server} shows the certificate of another server. Nothing was sent. Check the address in "
    "the settings; if it is right, somebody may be intercepting: try another network.",
)
