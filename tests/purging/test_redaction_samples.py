"""What real phones would send: of each sample that several people told, one is taken out, and the others' rows stay."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

from sync_scripts.register.consent_decisions.decide import record, withdraw
from sync_scripts.register.consents.errors import NothingToWithdraw
from sync_scripts.register.model.errors import ErasedAlone
from sync_scripts.register.purging.redaction import Texts
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import TABLES
from tests.intake.scene import FORMS, scene
from tests.purging.ground import Ground
from tests.purging.shared import Shared
from tests.purging.test_second_look import OTHER_PERSON
from tests.store.databases import World

KEPT = Texts(keep=True)
HERS = {
    "person",
    "act",
    "act_victim",
    "detention",
    "torture",
    "death",
    "loss",
    "facility",
    "need",
    "assessment",
    "interview",
    "consent",
}
"""Tables in which something of hers stands."""
OF_CASE = {"case", "task", "flag"}
"""Tables in which the case changes with her: its risk, what is due for her, what is remarked of her rows."""


def test_no_sample_loses_anything_of_anybody_else(sqlite_world: World, tmp_path: Path) -> None:
    """Filled by ODK Collect's own engine, with edits and follow-ups; afterwards a rebuild and a deep reading are the same."""
    ground = Ground(scene(sqlite_world, tmp_path))
    for kind in ("alert", "case", "followup", "closure"):
        shutil.copytree(FORMS / "samples" / kind, ground.scene.root / kind, dirs_exist_ok=True)
    assert ground.scene.pull().new > 50
    people: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in ground.scene.rows(tables.person):
        people[row["case_code"]].append((row["pseudonym"], row["uid"]))
    several = {code: theirs for code, theirs in people.items() if len(theirs) > 1}
    for code, ((name, uid), *others) in several.items():
        _take_out(ground, code, name, uid, {one for _name, one in others})
    assert len(several) > 4
    assert ground.sound()
    assert Shared(ground, "").deep()[1:] == ((), ())


def _take_out(ground: Ground, code: str, name: str, uid: str, others: set[str]) -> None:
    """Take one person out, by two people where the case was urgent, and look at every row that is another one then."""
    made = Shared(ground, code)
    try:
        made.plan(KEPT, name)
    except ErasedAlone:
        _say_no(ground, code, name)
    before = _rows(ground)
    assert made.take_out(KEPT, name, by=OTHER_PERSON).versions > 0
    after = _rows(ground)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= HERS | OF_CASE
    gone = {row for table in changed & HERS for row in before[table] - after[table]}
    assert not [row for row in gone if uid not in row and any(one in row for one in others)]


def _say_no(ground: Ground, code: str, name: str) -> None:
    """Write down that she takes back what she agreed to, or, where she was never asked, that she does not agree."""
    try:
        ground.do(withdraw, code, person=name, reason="she asked")
    except NothingToWithdraw:
        ground.do(record, code, {"document": "no"}, person=name, reason="she asked")


def _rows(ground: Ground) -> dict[str, set[str]]:
    return {table.name: {repr(sorted(row.items())) for row in ground.scene.rows(table)} for table in TABLES}
