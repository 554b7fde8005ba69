"""What a server shows against what is held, as numbers instead of rows: the same as with all rows side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.intake.completeness.comparison import Comparison, Unshown, compare
from sync_scripts.intake.places.standing import BACK, GONE, HERE, Change, Held, changes
from sync_scripts.servers.base import Mark, Status

FORM = "alert"


def held(root: int, version: int = 0, status: str = HERE, review: str | None = None) -> Held:
    """Return the version of a submission that counts."""
    instance = f"uuid:{root}" if not version else f"uuid:{root}-{version}"
    return Held(FORM, f"uuid:{root}", "alert", instance, status, review)


def mark(one: Held, review: str = "", *, rootless: bool = False) -> Mark:
    """Return what a server shows of it."""
    place = f"{FORM}\t{one.root_id}\t{one.instance_id}"
    return Mark(
        place=place, root_id=None if rootless else one.root_id, version=one.instance_id, status=review
    )


def compared(
    rows: Sequence[Held], shown: Sequence[tuple[Mark, bool]]
) -> tuple[Comparison, list[Held], Unshown]:
    """Compare; return what was found, what is gone, and what is left."""
    left = Unshown((one.root_id, one.instance_id, one.status, one.review) for one in rows)

    def find(marks: Sequence[Mark]) -> dict[str, Held]:
        by_version = {one.instance_id: one for one in rows}
        by_root = {one.root_id: one for one in rows}
        found = {one.root_id: by_root.get(one.root_id) for one in marks if one.root_id is not None}
        found |= {
            one.version: by_version.get(one.version, by_root.get(one.version))
            for one in marks
            if one.root_id is None
        }
        return {name: one for name, one in found.items() if one is not None}

    found = compare(left, iter(shown), find)
    gone = [
        one
        for one in rows
        if not one.gone and hash((one.root_id, one.instance_id, one.review or "")) in left.left
    ]
    return found, gone, left


def side_by_side(rows: Sequence[Held], shown: Sequence[tuple[Mark, bool]]) -> tuple[object, ...]:
    """Compare row by row, holding everything: what is asked for, what changed, what is gone, what came twice."""
    every: Mapping[str, Held] = {one.root_id: one for one in rows}
    versions = {one.instance_id: one.root_id for one in rows}
    left = dict(every)
    ask, changed, twice = [], [], 0
    for one, moved in shown:
        root = one.root_id or versions.get(one.version, one.version)
        first = left.pop(root, None)
        here = first or every.get(root)
        if here is None or moved or here.instance_id != one.version:
            ask.append((FORM, root))
        elif first is None:
            twice += 1
        if here is not None:
            changed += changes({(FORM, root): here}, [Status(FORM, root, review=one.status or None)])
    return sorted(ask), sorted(changed, key=_root), sorted(_roots(left.values())), twice


def _root(change: Change) -> tuple[str, str]:
    return change.held.root_id, change.status


def _roots(rows: object) -> list[str]:
    return [one.root_id for one in rows if not one.gone]  # type: ignore[attr-defined] # held rows


_HELD = st.builds(
    held,
    st.integers(0, 30),
    st.integers(0, 1),
    st.sampled_from([HERE, HERE, HERE, BACK, GONE]),
    st.sampled_from([None, None, "approved"]),
)
_SHOWN = st.tuples(
    st.builds(held, st.integers(0, 34), st.integers(0, 2)),
    st.sampled_from(["", "", "approved", "hasIssues"]),
    st.booleans(),
)


@given(
    st.lists(_HELD, unique_by=lambda one: one.root_id),
    st.lists(_SHOWN, unique_by=lambda one: one[0].root_id),
    st.booleans(),
)
def test_numbers_find_what_rows_find(
    rows: list[Held], shown: list[tuple[Held, str, bool]], rootless: bool
) -> None:
    """Whatever is held and shown: asked for, changed, gone - the same as with everything in memory."""
    marks = [(mark(one, review, rootless=rootless), moved) for one, review, moved in shown]
    found, gone, left = compared(rows, marks)

    ask, changed, vanished, twice = side_by_side(rows, marks)
    assert sorted(found.ask) == ask
    assert sorted(found.changes, key=_root) == changed
    assert sorted(_roots(gone)) == vanished
    assert found.twice == twice == 0
    assert (found.seen, left.count) == (len(shown), len(rows))


def test_what_is_shown_twice_is_counted_once() -> None:
    """A page that repeats a row makes no second submission of it, and hides no gap."""
    rows = [held(1), held(2)]
    found, gone, _left = compared(rows, [(mark(held(1)), False), (mark(held(1)), False)])

    assert (found.seen, found.twice, found.ask) == (2, 1, [])
    assert gone == [held(2)]


def test_what_stands_as_it_is_held_is_never_looked_up() -> None:
    """A hundred thousand marks of nothing new ask the register for nothing."""
    rows = [held(number) for number in range(1000)]
    left = Unshown((one.root_id, one.instance_id, one.status, one.review) for one in rows)
    asked: list[Sequence[Mark]] = []

    def find(marks: Sequence[Mark]) -> dict[str, Held]:
        asked.append(marks)
        return {}

    found = compare(left, ((mark(one), False) for one in rows), find)

    assert (found.seen, asked, left.left) == (1000, [], set())


def test_a_review_alone_changes_no_version() -> None:
    """It is written down, and nothing is fetched again."""
    found, gone, _left = compared([held(1)], [(mark(held(1), "approved"), False)])

    assert (found.ask, gone) == ([], [])
    assert [replace(one.held) for one in found.changes] == [held(1)]
    assert found.changes[0].review == "approved"
