"""The start page and the code: whole, in two languages, accessible, and without a byte from elsewhere."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree, html

from sync_scripts.classroom import errors, page
from sync_scripts.classroom.errors import Doctype
from sync_scripts.classroom.page import join_settings, join_text
from sync_scripts.classroom.running import Classroom
from sync_scripts.phones import code
from tests.classroom.raw import Wire, body, filled

STATIC = Path(page.__file__).with_name("static")
TEMPLATE = Path(page.__file__).parents[1] / "templates" / "classroom.html"


def seen(wire: Wire, language: str) -> html.HtmlElement:
    """Return the page as a browser gets it."""
    return html.fromstring(wire.ask("GET", f"?lang={language}").body)


def text_of(document: html.HtmlElement) -> str:
    """Return everything that can be read on the page."""
    for script in document.iter("script", "style"):
        script.text = ""
    return " ".join(document.text_content().split())


# --- the page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title", "other"),
    [
        ("fr", "Soumissions reçues", "Submissions received"),
        ("en", "Submissions received", "Soumissions reçues"),
    ],
)
def test_the_page_speaks_one_language(wire: Wire, language: str, title: str, other: str) -> None:
    """Every sentence of ours in the language asked for, none of the other; the language is declared."""
    answer = wire.ask("GET", f"?lang={language}")
    document = html.fromstring(answer.body)
    text = text_of(document)

    assert (document.get("lang"), answer.headers["content-language"]) == (language, language)
    assert title in text
    assert other not in text
    said = re.findall(r'_\("([^"{]+)"\)', TEMPLATE.read_text("utf-8"))
    assert len(said) > 15
    for sentence in said:
        assert errors.in_language(language, sentence) in html.tostring(document, encoding="unicode")


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "fr"), ("en", "fr", "en"), ("fr", "en", "fr"), ("de", "", "fr"), (None, "en-GB,en;q=0.9", "en"),
        (None, "de,en;q=0.5", "en"), (None, "fr-CM,fr;q=0.9,en;q=0.8", "fr"), (None, "*", "fr"),
        ("<x>", "\x00", "fr"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_asked_for_else_the_browsers_else_french(
    asked: str | None, accepted: str, language: str
) -> None:
    """A link decides, then the phone's own setting."""
    assert page.choose_language(asked, accepted) == language


def test_the_page_has_landmarks_headings_and_names(wire: Wire) -> None:
    """Somebody who hears the page finds the way: one h1, no level skipped, every region named, a way past the head."""
    document = seen(wire, "fr")
    levels = [int(heading.tag[1]) for heading in document.iter("h1", "h2", "h3")]
    ids = {element.get("id") for element in document.iter() if element.get("id")}

    assert [len(document.findall(f".//{tag}")) for tag in ("header", "main", "footer", "nav", "h1")] == [
        1
    ] * 5
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))
    for section in document.iter("section"):
        assert section.get("aria-labelledby") in ids
    assert document.find(".//a[@class='skip']").get("href") == "#content"
    assert document.find(".//div[@role='img']").get("aria-label")
    assert document.find(".//*[@role='status']") is not None
    assert [(link.get("lang"), link.get("aria-current")) for link in document.iterfind(".//nav//a")] == [
        ("fr", "true"),
        ("en", None),
    ]


def test_nothing_comes_from_elsewhere(wire: Wire, room: Classroom) -> None:
    """No network, no inline script or style, and a policy that would forbid them."""
    answer = wire.ask("GET", "")
    document = html.fromstring(answer.body)
    addresses = [
        value
        for element in document.iter()
        for name in ("src", "href")
        if (value := element.get(name)) is not None
    ]

    assert all(address.startswith((room.desk.path, "#")) for address in addresses)
    assert not document.xpath("//@style | //@onclick | //style | //script[not(@src)]")
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; script-src 'self'"
    )
    for name in ("page.css", "live.js", "icon.svg"):
        served = wire.ask("GET", f"/static/{name}")
        assert served.body == (STATIC / name).read_bytes()
        assert b"http://" not in served.body.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"url(" not in served.body


def test_the_page_is_whole_without_its_script(wire: Wire) -> None:
    """Count, list and cards are in the page itself; only refreshing needs the script, and it says so."""
    wire.post(body(filled()))
    wire.post(body(filled("secret")))
    document = seen(wire, "fr")

    assert document.get_element_by_id("count").text == "2"
    rows = document.get_element_by_id("arrivals").findall("li")
    assert [row.find("span").text for row in rows] == ["Alerte scellée", "Petite alerte & co"]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", row.find("time").text) for row in rows)
    assert [(place.get("data-form"), place.text) for place in document.iterfind(".//strong")] == [
        ("mini", "1"),
        ("secret", "1"),
    ]
    assert "arrivée non scellée" in rows[0].text_content()
    assert document.get_element_by_id("empty").get("hidden") is not None
    assert "rechargez-la" in document.find(".//noscript").text_content()


def test_no_answer_is_shown_or_told(wire: Wire) -> None:
    """Form and time, and nothing of what was filled in or of the files beside it."""
    wire.post(
        body(filled(instance="uuid:CANARY-1234", inner="<place>CANARY</place>"), ("CANARY.jpg", b"CANARY"))
    )

    assert b"CANARY" not in wire.ask("GET", "").body + wire.ask("GET", "/received.json?lang=fr").body


def test_a_title_full_of_signs_is_only_text(wire: Wire, room: Classroom) -> None:
    """The name of a form cannot write into the page."""
    assert b"Petite alerte &amp; co" in wire.ask("GET", "").body


def test_what_the_script_reads(wire: Wire) -> None:
    """Numbers, and texts that are ready to show."""
    wire.post(body(filled()))
    told = json.loads(wire.ask("GET", "/received.json?lang=en").body)

    assert told["count"] == 1
    assert told["by_form"] == {"mini": 1, "secret": 0}
    assert (
        f'data-forms="{told["forms"]}"' in wire.ask("GET", "?lang=en").body.decode()
    )  # else it would load for ever
    assert told["forms"] == "mini 2026112501, secret 2026112501"
    assert [(row["form"], row["note"]) for row in told["last"]] == [("Petite alerte & co", "")]


def test_on_this_computer_only_the_page_says_so(wire: Wire) -> None:
    """Or the trainer would wonder why no phone gets in."""
    assert "--lan" in text_of(seen(wire, "fr"))


def test_the_colours_can_be_read() -> None:
    """Every pair of text and ground of the look has a contrast of 4.5 or more."""
    css = (STATIC / "page.css").read_text("utf-8")
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css))
    pairs = [
        ("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("deep", "paper"), ("sun", "deep"),
        ("paper", "deep"), ("warn-ink", "warn"), ("late-ink", "late"), ("ink", "sun"), ("soft", "warn"),
    ]  # fmt: skip

    assert {
        pair: round(contrast(colour[pair[0]], colour[pair[1]]), 1)
        for pair in pairs
        if contrast(colour[pair[0]], colour[pair[1]]) < 4.5
    } == {}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- the code ---------------------------------------------------------------------------------------------------------------


def test_the_code_holds_what_collect_needs_and_no_secret() -> None:
    """The right JSON types, both required groups, the project's name; the same text each time."""
    settings = join_settings("http://192.0.2.7:8642/t/abcdef")
    text = join_text("http://192.0.2.7:8642/t/abcdef")

    assert code.decode(text) == settings
    assert code.encode(settings) == text
    assert set(settings) == {"general", "admin", "project"}
    assert settings["general"]["server_url"] == "http://192.0.2.7:8642/t/abcdef"
    assert settings["project"]["name"] == "FORMATION"
    assert not any("pass" in key or "pw" in key for group in settings.values() for key in group)
    assert re.fullmatch(r"#[0-9A-F]{6}", settings["project"]["color"])


def test_the_drawing_is_the_code(room: Classroom, wire: Wire) -> None:
    """The dark modules of the page's drawing are those of the code for the classroom's address."""
    svg = etree.fromstring(code.draw_svg(join_text(room.addresses[0])))
    path = svg.find("{http://www.w3.org/2000/svg}path[@stroke]").get("d")
    width = int(svg.get("viewBox").split()[2])

    assert modules(path, width) == [
        [bool(cell) for cell in row] for row in code._drawn(join_text(room.addresses[0])).matrix
    ]
    assert path in wire.ask("GET", "").text


def modules(path: str, width: int) -> list[list[bool]]:
    """Return what a drawing of horizontal strokes darkens, without the quiet ground of four modules."""
    grid = [[False] * width for _row in range(width)]
    x, y = 0.0, 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path):
        if command == "h":
            for column in range(int(x), int(x + float(first))):
                grid[int(y)][column] = True
            x += float(first)
        elif command == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    return [row[4:-4] for row in grid[4:-4]]


# --- the words --------------------------------------------------------------------------------------------------------------


def test_a_refusal_is_said_in_both_languages() -> None:
    """Nobody asked the phone which one its owner reads."""
    said = errors.of_error(Doctype())

    assert said.startswith("DK-L24 · ")
    assert "Dites-le au formateur" in said
    assert "Tell the trainer" in said
    assert said.index("Dites-le") < said.index("Tell")
