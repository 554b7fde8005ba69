"""Servers and pulls in any order, with faults and kills, where some phones encrypt: the same must hold as without.

Every encrypted submission ends up opened and proved once its files are there, provisional while one is missing; none
stands twice, none is lost, and a rebuild gives the same register.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from sync_scripts.store.schema import raw
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.contract import central_world, kobo_world
from tests.encrypted.phone import Sent, encrypt
from tests.encrypted.registers import register_in
from tests.intake.scene import COORDINATOR, NOW, alert, scene, uid
from tests.intake.test_machine import MOST, PHOTO, Story, _how
from tests.intake.test_servers import _FORM_ID, Far

LATE = "p.jpg.enc"


class Secret(Story):
    """The same story, in which phones encrypt as well."""

    public: str

    @property
    def sealed(self) -> dict[int, Sent]:
        """What was sent encrypted, by number."""
        found: dict[int, Sent] = self.__dict__.setdefault("_sealed", {})
        return found

    @precondition(lambda self: len(self.present) < MOST)
    @rule(photo=st.booleans(), late=st.booleans())
    def send_encrypted(self, photo: bool, late: bool) -> None:
        """A phone sends an encrypted submission; its photo may come later."""
        number = next(self.numbers)
        xml = alert(number, PHOTO if photo else "")
        if self.kind == "kobo":
            xml = _FORM_ID.sub(b'id="%s"' % kobo_world.FORM.encode(), xml.partition(b"?>")[2], count=1)
        sent = encrypt(self.public, xml, {"p.jpg": b"\xff\xd8 invented"} if photo else {})
        self.sealed[number] = sent
        self.present[number] = number
        here = {name: data for name, data in sent.files.items() if not (late and name == LATE)}
        self._lay(sent, here, {name: here.get(name) for name in sent.files})

    @rule(choice=st.integers(0, 99))
    def late_encrypted_photo(self, choice: int) -> None:
        """What was missing comes."""
        if (root := self._living(choice)) in self.sealed:
            sent = self.sealed[root or 0]
            there = {name for name, _data in self._files(uid(root or 0))}
            more = {name: data for name, data in sent.files.items() if name not in there}
            self._lay(sent, more, dict(more))

    def _lay(self, sent: Sent, here: dict[str, bytes], expected: dict[str, bytes | None]) -> None:
        if self.kind == "central":
            self.far.world.send("alert", sent.manifest, expected)
        else:
            self.far.world.send(sent.manifest, here)

    def _files(self, root: str) -> list[tuple[str, bytes]]:
        one = self.far.world.find(*(("alert",) if self.kind == "central" else ()), root)
        if self.kind == "central":
            return [(name, data) for name, data in one.files.items() if data is not None]
        return [(name, data) for name, data, _gone in one.files.values()]

    def _in_clear(self, choice: int) -> int | None:
        """Return one that no phone encrypted: nobody edits what is encrypted, or puts another photo into it."""
        root = self._living(choice)
        return None if root in self.sealed else root

    def _has_photo(self, one: Any) -> bool:
        if one is not None and int(one.root[-12:]) in self.sealed:
            return LATE in {name for name, _data in self._files(one.root)}
        return super()._has_photo(one)

    def _put_by(self) -> set[str]:
        """Return what waits for files that are not at the server yet."""
        missing = {uid(number) for number in self.sealed.keys() - self.gone if not self._is_whole(number)}
        with self.far.scene.register.reading() as rows:
            return missing.intersection(
                rows.execute(select(raw.place.c.root_id).where(raw.place.c.waits.is_not(None))).scalars()
            )

    def _is_whole(self, number: int) -> bool:
        return {name for name, _data in self._files(uid(number))} >= self.sealed[number].files.keys()

    def _compare(self) -> None:
        super()._compare()
        asked = select(raw.submission.c.root_id, raw.submission.c.encryption)
        with self.far.scene.register.reading() as rows:
            came = {row.root_id: row.encryption for row in rows.execute(asked)}
        for number in self.sealed.keys() - self.gone:
            assert came[uid(number)] == ("whole" if self._is_whole(number) else "provisional")
        assert not [*(self.far.scene.register.folder / ".incoming").glob("enc-*")], (
            "ciphertext was left behind"
        )


@pytest.fixture
def tell(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Callable[[str, settings], None]:
    """Return what tells stories about one kind of server."""
    folders = itertools.count()

    def new_far(kind: str, made: list[type[Secret]]) -> Far:
        folder = tmp_path / f"{next(folders)}"
        here = scene(register_in(folder, template_file, holders), folder)
        made[0].public = form_keys.make(
            here.register, "alert", "day", COORDINATOR, NOW - timedelta(days=1)
        ).public
        world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World()
        world.now = here.now - timedelta(minutes=1)
        return Far(here, kind, world)

    def go(kind: str, how: settings) -> None:
        told: list[type[Secret]] = []
        told.append(
            type("Told", (Secret,), {"kind": kind, "new_far": staticmethod(lambda: new_far(kind, told))})
        )
        random.seed(kind)
        run_state_machine_as_test(told[0], settings=how)

    return go


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_phones_that_encrypt_change_nothing(kind: str, tell: Callable[[str, settings], None]) -> None:
    """Some sixty steps a server."""
    tell(kind, _how(3, 20))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_phones_that_encrypt_change_nothing_at_length(
    kind: str, tell: Callable[[str, settings], None]
) -> None:
    """More than a thousand steps a server."""
    tell(kind, _how(30, 40))
