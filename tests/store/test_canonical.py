"""Canonical JSON: the same thing always has the same bytes, and they are those of Python's own writer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.store.canonical import canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda below: st.lists(below) | st.dictionaries(TEXTS, below) | st.tuples(below, below),
    max_leaves=20,
)


@given(VALUES)
def test_the_fast_writer_writes_what_the_slow_one_does(value: object) -> None:
    """Who checks a chain with Python alone gets the same bytes."""
    slow = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    assert canonical(value) == slow
