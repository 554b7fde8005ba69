"""The start page in a real browser: both languages, three widths, the count that counts, and a console that is silent."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from html import escape
from pathlib import Path

import pytest
from lxml import html

from sync_scripts.classroom.desk import Tally
from sync_scripts.classroom.running import Classroom
from tests.classroom.raw import Wire, body, filled

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
        if (path := shutil.which(name))
    ),
    None,
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def browse(
    tmp_path: Path, address: str, *options: str, size: tuple[int, int] = (1366, 768)
) -> tuple[str, str]:
    """Open a page without a window; return what it wrote and what it said on its console."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--no-first-run", "--disable-extensions", "--enable-logging=stderr", "--v=0",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size[0]},{size[1]}", *options, address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, "\n".join(re.findall(r"CONSOLE.*", done.stderr))


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Soumissions reçues"), ("en", "Submissions received")]
)
def test_a_browser_shows_the_page_in_both_languages(
    room: Classroom, wire: Wire, tmp_path: Path, language: str, title: str
) -> None:
    """Everything is there after the script has run, and the policy blocked nothing of ours."""
    wire.post(body(filled()))
    dom, console = browse(
        tmp_path, f"{room.base_url}?lang={language}", "--dump-dom", "--virtual-time-budget=1500"
    )
    document = html.fromstring(dom)

    assert document.get("lang") == language
    assert document.get_element_by_id("received").text == title
    assert document.get_element_by_id("count").text == "1"
    assert console == ""


def test_the_count_counts_while_the_page_is_open(
    room: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forms that arrive after the page and its script have read the count show up by themselves."""
    asked: list[int] = []
    original = room.desk.tally

    def tally() -> Tally:
        """Answer the page, then its script for the first time; before the second time two forms arrive."""
        asked.append(original().count)
        if len(asked) == 3:
            with Wire(room.base_url) as late:
                late.post(body(filled()))
                late.post(body(filled("secret")))
        return original()

    monkeypatch.setattr(room.desk, "tally", tally)
    dom, console = browse(
        tmp_path, f"{room.base_url}?lang=fr", "--dump-dom", "--timeout=20000", "--virtual-time-budget=15000"
    )
    document = html.fromstring(dom)

    assert asked[:3] == [0, 0, 0]
    assert document.get_element_by_id("count").text == "2"
    assert [row.findtext("span") for row in document.get_element_by_id("arrivals")] == [
        "Alerte scellée",
        "Petite alerte & co",
    ]
    assert document.get_element_by_id("empty").get("hidden") is not None
    assert [place.text for place in document.iterfind(".//strong")] == ["1", "1"]
    assert console == ""


MEASURE = """<script>
onload = () => {
  const out = (page) => [...page.querySelectorAll("main > *")].filter((box) => box.scrollWidth > box.clientWidth).length;
  const over = (frame) =>
    `${frame.width}:${frame.contentDocument.documentElement.scrollWidth}:${out(frame.contentDocument)}`;
  document.body.dataset.measured = [...document.querySelectorAll("iframe")].map(over).join(" ");
};
</script>"""


def test_nothing_sticks_out_at_the_side(room: Classroom, wire: Wire, tmp_path: Path) -> None:
    """On phones small and large, a tablet, a laptop and a projector nobody has to scroll sideways, and all stays in its box."""
    wire.post(body(filled("secret")))
    look = wire.ask("GET", "/static/page.css").text
    page = wire.ask("GET", "?lang=fr").text.replace("</head>", f"<style>{look}</style></head>")
    widths = (320, 360, 390, 768, 900, 1024, 1366, 1920)
    frames = "".join(
        f'<iframe width="{width}" height="1300" srcdoc="{escape(page)}"></iframe>' for width in widths
    )
    (tmp_path / "frames.html").write_text(f"<!doctype html><body>{frames}{MEASURE}</body>", encoding="utf-8")
    dom, _console = browse(tmp_path, (tmp_path / "frames.html").as_uri(), "--dump-dom")

    measured = html.fromstring(dom).xpath("//body/@data-measured")[0]
    assert measured == " ".join(f"{width}:{width}:0" for width in widths)


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=["laptop", "projector"])
def test_a_picture_of_the_page_can_be_made(room: Classroom, tmp_path: Path, size: tuple[int, int]) -> None:
    """For whoever wants to look: the whole first screen, at the asked size, and not blank."""
    picture = tmp_path / "page.png"
    browse(
        tmp_path,
        f"{room.base_url}?lang=fr",
        f"--screenshot={picture}",
        "--virtual-time-budget=1000",
        size=size,
    )

    assert struct.unpack(">II", picture.read_bytes()[16:24]) == size
    assert picture.stat().st_size > 20_000
