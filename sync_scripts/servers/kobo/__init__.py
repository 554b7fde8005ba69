"""KoboToolbox: the calls we make, the XML list taken apart, and an account as a source of submissions."""

from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.source import Kobo, NotLoggedIn, PagesShort

__all__ = ["Account", "Kobo", "NotLoggedIn", "PagesShort"]
