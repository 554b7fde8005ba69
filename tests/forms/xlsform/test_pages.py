"""Pages are made by templates alone: what they show is escaped, what they lack is an error."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from xlsform import pages

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(path for top in ("xlsform", "sync_scripts") for path in (ROOT / top).rglob("*.html"))
ELEMENT = re.compile(r"</?(?:html|head|body|main|section|div|table|t[dhr]|h[1-6]|[dou]l|li|p)(?: [a-z]+=|>)")


def test_there_is_a_template_for_every_page() -> None:
    """Paper, lesson, dossier, card, classroom, preview, flow; each lies where `pages.page` finds it."""
    assert [path.stem for path in TEMPLATES] == [
        "card",
        "classroom",
        "dossier",
        "preview",
        "preview_phone",
        "flow",
        "lesson",
        "paper",
    ]
    assert {path.parent.name for path in TEMPLATES} == {"templates"}


def test_no_module_builds_a_page_from_strings() -> None:
    """An element in a string of the code would be one that nothing escapes."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for top in ("xlsform", "sync_scripts")
        for path in (ROOT / top).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ELEMENT.search(node.value)
    ]

    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_lets_anything_through_as_it_is(path: Path) -> None:
    """Nothing is marked as safe in a template: what is no text comes as `pages.Markup` from the code, where it can be looked at."""
    assert not re.search(r"\|\s*safe\b|autoescape", path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_what_a_template_names_and_is_not_given_is_an_error(path: Path) -> None:
    """A value that was renamed in the code does not become an empty place on a page, in a text or in a condition."""
    package = path.parent.parent.name
    for words in ("{{ gone }}", "{% if gone %}{% endif %}"):
        with pytest.raises(UndefinedError):
            pages._environment(package).from_string(words).render()
    with pytest.raises(UndefinedError):
        pages.page(package, path.name)


def test_lines_are_kept_and_escaped() -> None:
    """The line breaks of a text are the only element of it."""
    assert pages.lined("a <b>\n'c'\n") == "a &lt;b&gt;<br>&#39;c&#39;<br>"


def test_a_picture_lies_in_the_page() -> None:
    """PNG by its first bytes, else JPEG."""
    assert pages.inlaid(b"\x89PNG1") == "data:image/png;base64,iVBORzE="
    assert pages.inlaid(b"\xff\xd8").startswith("data:image/jpeg;")
