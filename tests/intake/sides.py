"""One of two servers that feed a register, as a story tells of it: what it shows, and what the register must hold of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync_scripts.servers.base import Server
from tests.contract import kobo_world, test_central, test_kobo
from tests.intake.test_servers import _FORM_ID

KOBO_CASES = "aFormulaireInvente00002"
PHOTO = "p.jpg"
_IDS = re.compile(rb"<(instanceID|deprecatedID)>([^<]*)<")


def ids(xml: bytes) -> tuple[str, str | None]:
    """Return the id of a version and of the one that it replaces."""
    found = {name.decode(): one.decode() for name, one in _IDS.findall(xml)}
    return found["instanceID"], found.get("deprecatedID")


@dataclass
class Side:
    """One server, what it shows, and what the register must hold of it, by root.

    Attributes:
        trash: deleted there, so that it can be restored. purged: gone from the trash, without a word.
        lost: without a word; with the form and the stand-in's own row, for the day on which it comes back.
        restored: back from the trash, of which no stamp tells; a comparison finds it.
        shows: the version that it has of each, whether or not it shows it now.
        photos: versions that announce a photo, and when; its bytes are there or not.
        ours: of those marked, declared by a person. told: gone, told of and not marked: the fuse.
    """

    name: str
    kind: str
    world: Any
    there: set[str] = field(default_factory=set)
    trash: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    lost: dict[str, tuple[str, Any]] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)
    shows: dict[str, bytes] = field(default_factory=dict)
    photos: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    ours: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    def knows(self, root: str) -> bool:
        """Tell whether it has it or had it."""
        return root in self.shows

    def send(self, form: str, xml: bytes, root: str, *, photo: bool = False) -> None:
        """Take what a phone or a stick brings: a new one, a further version, or the same again with its photo."""
        self.there.add(root)
        self.shows[root] = xml
        files: dict[str, Any] = {PHOTO: b"\xff\xd8 invented"} if photo else {}
        if self.kind == "folder":
            self.world.lay(ids(xml)[0][5:], xml, files, form=form)
        elif self.kind == "central":
            announced = {PHOTO: None} if b"<photo>" in xml and not photo else {}
            known = any(one.present.instance_id == ids(xml)[0] for one in self.world.forms[form])
            self.world.send(form, xml, files or ({} if known else announced))
        else:
            xml = _FORM_ID.sub(b'id="%s"' % self.form(form).encode(), xml.partition(b"?>")[2], count=1)
            self.world.send(xml, files, form=self.form(form))

    def form(self, name: str) -> str:
        """Return what the server calls a form."""
        return name if self.kind != "kobo" else {"alert": kobo_world.FORM, "case": KOBO_CASES}[name]

    def named(self, root: str) -> str:
        """Return the form of a submission that is there or in the trash."""
        (form,) = [name for name, rows in self.world.forms.items() if any(one.root == root for one in rows)]
        return str(form)

    def delete(self, root: str) -> None:
        """Let somebody delete it; a Central says so, a KoboToolbox does not."""
        if self.kind == "kobo":
            self.lose(root)
            return
        self.world.delete(self.named(root), root)
        self.there.discard(root)
        self.restored.discard(root)
        self.trash.add(root)

    def lose(self, root: str) -> None:
        """Show it no more, and say nothing of it."""
        self.there.discard(root)
        self.restored.discard(root)
        for form, rows in self.world.forms.items():
            for one in [one for one in rows if one.root == root]:
                rows.remove(one)
                self.lost[root] = form, one

    def recover(self) -> None:
        """Show again whatever was lost."""
        for root, (form, one) in self.lost.items():
            self.world.forms[form].append(one)
            self.there.add(root)
        self.lost.clear()

    def restore(self, root: str) -> None:
        """Let somebody take it out of the trash of a Central; no stamp moves."""
        self.world.restore(self.named(root), root)
        self.trash.discard(root)
        self.there.add(root)
        self.restored.add(root)

    def purge(self, root: str) -> None:
        """Let the night empty it out of the trash of a Central."""
        self.world.purge(self.named(root), root)
        self.trash.discard(root)
        self.purged.add(root)

    @property
    def server(self) -> Server:
        """Our client of it."""
        if self.kind == "folder":
            return self.world.server  # type: ignore[no-any-return]
        if self.kind == "central":
            made: Any = test_central.source(self.world, page=3, wanted=("alert", "case"))
            return replace(made, name=self.name)  # type: ignore[no-any-return]
        return test_kobo.source(self.world, wanted=(kobo_world.FORM, KOBO_CASES))
