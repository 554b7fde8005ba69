"""A form as it goes up to a server: its workbook, its files, and empty lists for what the register fills later.

Sample rows never leave this computer: a list that the register fills goes up with its header alone, and only where the
server has none yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sync_scripts.errors import UsageProblem
from xlsform.model import media
from xlsform.workbooks import workbook

LISTS: Final[Mapping[str, bytes]] = {
    "cases.csv": b"name,label,department,due,status\n",
    "providers.csv": b"name,label,department,services\n",
}
"""What the register fills and publishes; a deployment only makes sure that the form finds a file."""


MediaLacking: Final = UsageProblem.declare(
    "DK-F40",
    "The form {form} asks for files that are not in the folder forms/media: {files}. Nothing was sent to the server. "
    "Put them there, or take them out of the form.",
)


@dataclass(frozen=True, slots=True)
class Package:
    """One form, ready to go up.

    Attributes:
        form: the form's id.
        version: as its settings say.
        title: as phones show it.
        workbook: the exact bytes of the workbook.
        files: content of its files, by name; pictures, places.
        lists: names of the lists that it shows and the register fills.
        public_key: with which phones encrypt it, as it stands in this workbook; None = nothing was written into it.
        copy_of: the form of which this is a team's copy, "" for the form itself.
    """

    form: str
    version: str
    title: str
    workbook: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    lists: tuple[str, ...] = ()
    public_key: str | None = field(default=None, repr=False)
    copy_of: str = ""

    @property
    def stamp(self) -> str:
        """Return the form that what is filled in with it belongs to, whatever the server calls it."""
        return self.copy_of or self.form

    @property
    def sha256(self) -> str:
        """Return the digest of the workbook."""
        return hashlib.sha256(self.workbook).hexdigest()

    @property
    def files_digest(self) -> str:
        """Return six signs that move when a file does."""
        named = sorted((name, hashlib.sha256(data).hexdigest()) for name, data in self.files.items())
        return hashlib.sha256(repr(named).encode()).hexdigest()[:6]


def pack(path: Path, folder: Path) -> Package:
    """Return the package of a workbook; ``folder`` holds its media.

    Raises:
        MediaLacking: a file is missing.
        FormError: the workbook cannot be read.
    """
    raw = path.read_bytes()
    form = workbook.read(raw, file=path.name).form
    names = media(form)
    wanted = [name for name in names if name not in LISTS]
    lacking = [name for name in wanted if not (folder / name).is_file()]
    if lacking:
        raise MediaLacking(form=form.form_id, files=", ".join(lacking))
    return Package(
        form=form.form_id,
        version=form.version,
        title=form.title,
        workbook=raw,
        files={name: (folder / name).read_bytes() for name in wanted},
        lists=tuple(name for name in names if name in LISTS),
    )
