"""JSON nested without end cannot take the process down, however small its stack."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.servers.nesting import too_deep

CHILD = """
import sys, threading
from pathlib import Path
from typing import Any
from typing import Any
from sync_scripts.servers.folder import marker
from sync_scripts.servers.http.call import Answer
from sync_scripts.servers.http.errors import JsonBroken

def work():
    bomb = b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    Path(sys.argv[1], ".dikalo-inbox").write_bytes(bomb)
    print(marker(Path(sys.argv[1])).id == "")
    try:
        Answer("odk.example", 200, {}, bomb).json(Any)
    except JsonBroken:
        print("refused")

threading.stack_size(512 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def test_a_bomb_ends_in_an_error_and_not_in_a_crash(tmp_path: Path) -> None:
    """A server's answer and an inbox's marker: refused with words, on half a megabyte of stack."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.split()) == (0, ["True", "refused"]), done.stderr


@pytest.mark.parametrize(
    ("data", "deep"),
    [
        (b"[" * 201 + b"]" * 201, True),
        (b"[" * 200 + b"]" * 200, False),
        (b"[[]," * 150 + b"[]" + b"]" * 150, False),
        (b'["' + b"[" * 5_000 + b'"]', False),
        (b'["\\"' + b"{" * 5_000 + b'"]', False),
        (b'{"a\\\\":' * 300, True),
        (b'"never closed' + b"[" * 5_000, False),
    ],
)
def test_only_brackets_outside_texts_count(data: bytes, deep: bool) -> None:
    """A narrative full of brackets is no bomb; an escaped quote does not end a text."""
    assert too_deep(data) is deep


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_honest_json_is_never_refused(value: object) -> None:
    """What a server may say passes, whatever its texts hold."""
    assert not too_deep(json.dumps(value).encode())


_TEXTS = st.text(alphabet='[]{}"\\ab', max_size=6)
_JSON: st.SearchStrategy[Any] = st.recursive(
    _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet='[]{}"\\ab', max_size=3), inner, max_size=3)
    ),
    max_leaves=15,
)


def levels(value: object) -> int:
    """Return how deep a value is nested."""
    if isinstance(value, dict):
        return 1 + max(map(levels, value.values()), default=0)
    return 1 + max(map(levels, value), default=0) if isinstance(value, list) else 0


@given(_JSON, st.integers(0, 6))
def test_it_counts_as_the_decoder_will(value: object, deepest: int) -> None:
    """Whatever stands in texts, quotes and brackets and backslashes: neither too few levels nor too many."""
    assert too_deep(json.dumps(value).encode(), deepest) is (levels(value) > deepest)
