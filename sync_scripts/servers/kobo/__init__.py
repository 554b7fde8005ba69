"""KoboToolbox: the calls we make, the XML list taken apart, and an account as a source of submissions."""

from sync_scripts.servers.kobo.account import Account, NotLoggedIn
from sync_scripts.servers.kobo.source import Kobo, PagesShort

__all__ = ["Account", "Kobo", "NotLoggedIn", "PagesShort"]
