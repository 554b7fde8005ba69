"""What lives at two servers beside new submissions: edits, photos that come late, a trash. Rules of the story of two servers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.intake.scene import Scene, alert
from tests.intake.sides import Side, ids

ANSWERS = {
    True: "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>",
    False: "",
}
"""The last screen, with a photo that is announced, or without one."""
IN_TIME = timedelta(days=8)
"""A photo that comes later may be looked for no more by then: a story lasts for weeks."""


class Living(RuleBasedStateMachine):
    """Rules that change what servers hold, and what must be here in the end because of them."""

    scene: Scene
    sides: list[Side]
    numbers: itertools.count[int]
    replaced: dict[str, str]
    """Which version each further one replaces."""

    def _online(self, choice: int) -> Side:
        online = [one for one in self.sides if one.kind != "folder"]
        return online[choice % len(online)]

    def note_photo(self, side: Side, xml: bytes, *, came: bool) -> None:
        """Remember whether a version announces a photo, and whether its server has it."""
        if b"<photo>" in xml:
            since = side.photos.get(ids(xml)[0], (self.scene.now, False))[0]
            side.photos[ids(xml)[0]] = since, came

    def _alerts(self, side: Side) -> list[str]:
        return sorted(root for root in side.there if b'id="alert"' in side.shows[root])

    @rule(which=st.integers(0, 1), choice=st.integers(0, 99), announced=st.booleans(), photo=st.booleans())
    def edit(self, which: int, choice: int, announced: bool, photo: bool) -> None:
        """A phone sends a further version to one server; the other one knows nothing of it."""
        side = self.sides[which]
        if not (there := self._alerts(side)):
            return
        root = there[choice % len(there)]
        before = ids(side.shows[root])[0]
        xml = alert(next(self.numbers), ANSWERS[announced], meta=f"<deprecatedID>{before}</deprecatedID>")
        self.replaced[ids(xml)[0]] = before
        brings = announced and photo
        if side.kind == "central" and announced and not brings:
            brings = side.photos.get(before, (None, False))[1]  # it takes that of the version before
        side.send("alert", xml, root, photo=announced and photo)
        self.note_photo(side, xml, came=brings)

    @rule(which=st.integers(0, 1), choice=st.integers(0, 99))
    def late_photo(self, which: int, choice: int) -> None:
        """A phone sends the same version again, with the photo that it announced."""
        side = self.sides[which]
        waits = [root for root in self._alerts(side) if self._waits(side, root)]
        if waits:
            root = waits[choice % len(waits)]
            side.send("alert", side.shows[root], root, photo=True)
            self.note_photo(side, side.shows[root], came=True)

    def _waits(self, side: Side, root: str) -> bool:
        since, came = side.photos.get(ids(side.shows[root])[0], (self.scene.now, True))
        return not came and self.scene.now - since < IN_TIME

    @rule(which=st.integers(0, 1), choice=st.integers(0, 99), purged=st.booleans())
    def leave_the_trash(self, which: int, choice: int, purged: bool) -> None:
        """Somebody restores one out of the trash of a Central, or the night empties it; no stamp tells of either."""
        side = self._online(which)
        if side.trash:
            root = sorted(side.trash)[choice % len(side.trash)]
            side.purge(root) if purged else side.restore(root)

    # --- what must hold in the end ---

    def versions_agree(self) -> None:
        """What a server shows is here in its present version, with the photo that it has; of each road, the last one counts."""
        rows = self.scene.rows(raw.submission)
        here = {(row["server"], row["root_id"], row["instance_id"]) for row in rows}
        files = {(row["server"], row["instance_id"]): row["state"] for row in self.scene.rows(raw.attachment)}
        for side in self.sides:
            for root in side.there:
                shown = ids(side.shows[root])[0]
                assert (side.name, root, shown) in here, "the version that a server shows is not here"
                if side.photos.get(shown, (None, False))[1]:
                    assert files.get((side.name, shown)) == "held", "a photo that is there was not fetched"
        for road in {(row["server"], row["root_id"]) for row in rows}:
            mine = [row for row in rows if (row["server"], row["root_id"]) == road]
            last = self._last({row["instance_id"] for row in mine})
            counts = {row["instance_id"] for row in mine if row["current"]}
            assert len(last) > 1 or counts == last, "another version than the last one counts"
        for row in self.scene.rows(tables.filing):
            last = self._last({one["instance_id"] for one in rows if one["root_id"] == row["root_id"]})
            assert len(last) > 1 or last == {row["instance_id"]}, (
                "the register reads another version than the last one"
            )

    def _last(self, held: set[str]) -> set[str]:
        """Return those of some versions that no other one follows."""
        return held - {before for one in held for before in self._before(one)}

    def _before(self, instance: str) -> Iterator[str]:
        """Yield the versions that one follows; a server may have passed over some of them."""
        replaced = self.replaced.get(instance)
        while replaced is not None:
            yield replaced
            replaced = self.replaced.get(replaced)
