"""HTTP as far as a server of submissions needs it; the only importer of httpx. Knows neither Central nor Kobo."""

from sync_scripts.servers.http.body import Body
from sync_scripts.servers.http.call import FILE_LIMIT, JSON_LIMIT, XML_LIMIT, Answer, Call, Sent, path
from sync_scripts.servers.http.client import Client
from sync_scripts.servers.http.credentials import Credential, Login
from sync_scripts.servers.http.patience import Patience
from sync_scripts.servers.http.wire import CONNECTIONS, Road

__all__ = [
    "CONNECTIONS",
    "FILE_LIMIT",
    "JSON_LIMIT",
    "XML_LIMIT",
    "Answer",
    "Body",
    "Call",
    "Client",
    "Credential",
    "Login",
    "Patience",
    "Road",
    "Sent",
    "path",
]
