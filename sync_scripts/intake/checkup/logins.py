"""Logins that lie in the clear on this computer, where another program keeps them. Reads no more than whether they do."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from gettext import gettext as _
from pathlib import Path

from sync_scripts.intake.connections.remote import pyodk_file
from sync_scripts.store.local.health import Finding


def clear_logins(home: Path) -> Iterator[Finding]:
    """Yield a finding when pyodk keeps a password in the clear in this home folder."""
    path = pyodk_file(home)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("central", {})
    except OSError:
        return
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = {"password": "?"}
    if isinstance(table, dict) and table.get("password"):
        words = _(
            "{file} on this computer holds the password of an ODK Central in the clear: whoever takes this computer has "
            "it. Keep it with dikalo keys server SERVER, delete the file, and change that password."
        )
        yield Finding("clear-login", "bad", words.format(file=path.name))
