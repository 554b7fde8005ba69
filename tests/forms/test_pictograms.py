"""The pictograms of the alert (what happened, who is affected): there, light, readable when small and without colour, and fetched by phones."""

from __future__ import annotations

import re
import struct
from itertools import combinations
from pathlib import Path
from typing import cast

import pytest
import resvg_py
from lxml import etree
from PIL import Image, ImageChops, ImageStat

from sync_scripts.register.forms import desk_forms as laying
from sync_scripts.store.database import Rows
from tests import clock
from tests.forms.conftest import shipped
from xlsform import pack
from xlsform.convert import convert

MEDIA = pack.forms_root() / "media"
DRAWN = {"alert_icon": "alert", "victim_kind": "who"}
"""List -> how the names of its pictures begin: they say nothing of what is affected or suspected."""
CODES = tuple(
    f"{first}_{choice.name}" for name, first in DRAWN.items() for choice in shipped("alert").choices[name]
)
SMALL = (48, 48)
PAPER, INK, ACCENT = (255, 255, 255), (0x1D, 0x27, 0x33), (0xC2, 0x41, 0x0C)


def picture(code: str, kind: str = "png") -> Path:
    """Return the file of a pictogram."""
    return MEDIA / f"{code}.{kind}"


def grey(code: str) -> Image.Image:
    """Return a pictogram as a small phone without colours shows it: 48 pixels, grey, on white."""
    with Image.open(picture(code)) as opened:
        seen = opened.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).resize(SMALL, Image.Resampling.LANCZOS).convert("L")


def luminance(level: int) -> float:
    """Return the relative luminance of a grey level of 0 to 255."""
    part = level / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: int, other: int) -> float:
    """Return the contrast of two grey levels, 1 to 21, as for texts on the web (3 is enough for drawings)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_choice_has_its_drawing_and_its_picture_and_nothing_else_is_there() -> None:
    """Twelve facts and six kinds of people, one name each; the same picture in every language."""
    assert len(CODES) == 18
    for kind in ("png", "svg"):
        assert {path.name for path in MEDIA.glob(f"*.{kind}")} == {f"{code}.{kind}" for code in CODES}
    for name, first in DRAWN.items():
        for choice in shipped("alert").choices[name]:
            assert choice.texts["image"] == dict.fromkeys(("fr", "en"), f"{first}_{choice.name}.png")


@pytest.mark.parametrize("code", CODES)
def test_a_picture_is_light_and_square(code: str) -> None:
    """Under 20 kB, 192 pixels a side, a real PNG."""
    data = picture(code).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (192, 192)
    assert len(data) < 20_000


@pytest.mark.parametrize("code", CODES)
def test_a_drawing_is_only_shapes_in_three_colours(code: str) -> None:
    """No letters of a font, no picture or address from elsewhere, nothing that runs; a title says what it shows."""
    tree = etree.fromstring(picture(code, "svg").read_bytes())
    tags = {etree.QName(node).localname for node in tree.iter(etree.Element)}
    assert tags <= {"svg", "title", "rect", "circle", "path"}
    assert tree.findtext("{*}title")
    text = picture(code, "svg").read_text(encoding="utf-8")
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= {"#ffffff", "#1d2733", "#c2410c"}
    assert "href" not in text


def test_the_colours_differ_in_grey() -> None:
    """Ink and accent stand out from paper (4.5, as for small letters), and from each other (2)."""
    paper, ink, accent = (
        Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0)) for colour in (PAPER, INK, ACCENT)
    )
    assert isinstance(paper, int)
    assert isinstance(ink, int)
    assert isinstance(accent, int)
    assert contrast(paper, ink) >= 10
    assert contrast(paper, accent) >= 4.5
    assert contrast(ink, accent) >= 2


@pytest.mark.parametrize("code", CODES)
def test_a_picture_still_shows_at_48_pixels_in_grey(code: str) -> None:
    """Inside its frame, a tenth to six tenths are dark enough to be seen, and at least a third is bare paper."""
    inside = grey(code).crop((4, 4, 44, 44))
    levels = list(inside.tobytes())
    dark = sum(contrast(255, level) >= 3 for level in levels) / len(levels)
    light = sum(contrast(255, level) < 1.3 for level in levels) / len(levels)
    assert 0.10 <= dark <= 0.60
    assert light >= 0.30


def test_no_two_pictures_look_alike_at_48_pixels_in_grey() -> None:
    """The nearest two still differ by a tenth of all light."""
    small = {code: grey(code) for code in CODES}
    apart = {
        (one, other): ImageStat.Stat(ImageChops.difference(small[one], small[other])).mean[0] / 255
        for one, other in combinations(CODES, 2)
    }
    assert min(apart.values()) >= 0.10, min(apart, key=lambda pair: apart[pair])


@pytest.mark.parametrize("code", CODES)
def test_a_picture_is_what_its_drawing_gives(code: str, tmp_path: Path) -> None:
    """A drawing that was changed without its picture would never reach a phone."""
    again = tmp_path / "again.png"
    again.write_bytes(bytes(resvg_py.svg_to_bytes(svg_path=str(picture(code, "svg")), width=192, height=192)))
    with Image.open(again) as drawn, Image.open(picture(code)) as kept:
        apart = ImageStat.Stat(ImageChops.difference(drawn.convert("RGBA"), kept.convert("RGBA"))).mean
    assert max(apart) < 1


def test_the_form_asks_the_phone_for_every_picture() -> None:
    """The XForm names each file as a picture of its choice, in both languages."""
    xform = convert(pack.find("alert").workbook.read_bytes(), name="alert.xlsx").xform
    named = re.findall(r'<value form="image">jr://images/(\w+)\.png</value>', xform)
    assert sorted(named) == sorted(CODES * 2)


def test_a_new_workspace_gets_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What init lays into a workspace is enough for a phone: the workbook and every picture it names."""
    monkeypatch.setattr(laying, "remember", lambda *_anything: None)  # the register's own tests look at it
    laying.lay_forms(cast("Rows", None), tmp_path, clock.now())
    assert (tmp_path / "alert.xlsx").is_file()
    for code in CODES:
        assert (tmp_path / "media" / f"{code}.png").read_bytes() == picture(code).read_bytes()
