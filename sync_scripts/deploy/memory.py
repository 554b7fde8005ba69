"""What a forms folder remembers of its deployments: what a server calls each form, and what was last sent.

``forms/deployed/<server>/<form>.json`` beside the workbook that was sent. Holds no secret; lost, the form is found at
the server by the id inside it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from sync_scripts.deploy.package import Package
from sync_scripts.store import durable

FOLDER = "deployed"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One form as it was last sent: what the server calls it, and the version that the server gave."""

    handle: str
    version: str = ""


def remembered(forms: Path, server: str) -> dict[str, tuple[Sent, bytes]]:
    """Return what was sent to a server, by form id; what cannot be read is not remembered."""
    found = {}
    for path in sorted((forms / FOLDER / _safe(server)).glob("*.json")):
        try:
            sent = msgspec.json.decode(path.read_bytes(), type=Sent)
            found[path.stem] = (sent, path.with_suffix(".xlsx").read_bytes())
        except (OSError, msgspec.MsgspecError):
            continue
    return found


def remember(forms: Path, server: str, package: Package, sent: Sent) -> None:
    """Remember one form; the workbook first, so that the note never speaks of one that is not there."""
    folder = forms / FOLDER / _safe(server)
    durable.make_folder(folder)
    durable.write_whole(folder / f"{package.form}.xlsx", package.workbook)
    durable.write_whole(folder / f"{package.form}.json", msgspec.json.encode(sent))


def _safe(server: str) -> str:
    """Return a server's name as a folder's."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in server) or "_"
