"""Settings go into a code and come out the same, for us and for a reader that shares nothing with us."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as habits
from hypothesis import strategies as st

from sync_scripts.classroom.page import join_settings
from sync_scripts.phones.code import (
    CodeTooLong,
    CodeUnreadable,
    decode,
    draw_png,
    draw_svg,
    draw_terminal,
    encode,
)
from sync_scripts.phones.settings import TABLE, Kind, faults
from tests.qr.conftest import scanned, settings


def values(kind: Kind) -> st.SearchStrategy[Any]:
    """Draw a value that a setting takes."""
    if kind.switch:
        return st.booleans()
    if kind.words:
        return st.sampled_from(kind.words)
    return st.from_regex(kind.pattern, fullmatch=True) if kind.pattern else st.text(max_size=40)


SETTINGS = st.fixed_dictionaries(
    {
        part: st.fixed_dictionaries({}, optional={key: values(kind) for key, kind in known.items()})
        for part, known in TABLE.items()
    }
)


@habits(max_examples=60, deadline=None)
@given(SETTINGS)
def test_what_goes_in_comes_out(chosen: dict[str, Any]) -> None:
    """Any settings that Collect takes, in any letters: the same after decoding, and no fault is found in them."""
    assert decode(encode(chosen)) == chosen
    assert list(faults(chosen)) == []


def test_the_same_settings_give_the_same_text_in_any_order() -> None:
    """A card printed again does not differ."""
    turned = {part: dict(reversed(chosen.items())) for part, chosen in reversed(settings().items())}
    assert encode(turned) == encode(settings())


@pytest.mark.parametrize(
    "chosen", [settings(), settings("Éà-07"), join_settings("http://192.0.2.7:8642/t/abcdef")]
)
def test_another_library_reads_the_picture(chosen: dict[str, Any]) -> None:
    """The PNG, at the size of a card, is read by zxing, and its text unpacks as Collect's source says."""
    text = scanned(draw_png(encode(chosen), scale=4))
    assert json.loads(zlib.decompress(base64.b64decode(text))) == chosen


def test_the_whole_profile_stays_a_code_that_cheap_cameras_read() -> None:
    """Not above version 20 (97 modules a side): beyond, the modules of a card become too small."""
    import segno

    made = segno.make_qr(encode(settings()), error="l", boost_error=False)
    assert isinstance(made.version, int)
    assert made.version <= 20


def test_the_other_drawings_hold_the_same_code() -> None:
    """The terminal's rows of half blocks, and a drawing without anything from elsewhere."""
    text = encode(settings())
    assert len(draw_terminal(text).splitlines()) > 40
    assert draw_svg(text).startswith("<svg")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "AAAA",
        "é",
        "{}",
        encode({"a": {}})[:-8],
        encode(settings())[:-4],
        base64.b64encode(zlib.compress(b"[1]")).decode(),
        base64.b64encode(zlib.compress(b"\xff{}")).decode(),
        base64.b64encode(zlib.compress(b"[" * 90_000)).decode(),
        base64.b64encode(zlib.compress(b'{"general": NaNa}')).decode(),
    ],
    ids=range(11),
)
def test_a_text_that_is_no_code_is_refused(text: str) -> None:
    """Cut, altered, not JSON, not settings, made to exhaust us: one clear error."""
    with pytest.raises(CodeUnreadable):
        decode(text)


def test_a_code_that_unpacks_without_end_is_refused() -> None:
    """Its size is bounded before it is trusted: 20 MB of blanks in 20 kB."""
    with pytest.raises(CodeUnreadable):
        decode(base64.b64encode(zlib.compress(b"{" + b" " * 20_000_000 + b"}")).decode())


def test_settings_that_do_not_fit_are_refused() -> None:
    """A code holds about 2,950 characters; the length is said."""
    import random

    noise = "".join(chr(random.Random(7).randint(0x4E00, 0x9FFF)) for _ in range(1))
    long = {"general": {}, "admin": {}, "project": {"name": _noise(3000) + noise}}
    with pytest.raises(CodeTooLong) as told:
        draw_png(encode(long))
    assert told.value.length == len(encode(long))


def _noise(length: int) -> str:
    """Return letters that do not compress."""
    import random

    drawn = random.Random(7)
    return "".join(chr(drawn.randint(0x4E00, 0x9FFF)) for _ in range(length))
