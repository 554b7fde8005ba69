"""Where submissions come from: the ``Server`` protocol and the servers that speak it. Never stores anything."""

from __future__ import annotations

from typing import Final

FOLDERS: Final = "folder"
"""Under which name the pulls of all folders are recorded: they share one."""
