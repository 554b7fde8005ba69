"""The page of forms that others published: every finding that breaks or loses has its reason, or is said to have none."""

from __future__ import annotations

from pathlib import Path

from docs import published_forms as page
from tests.forms.xlsform.worlds import book


def test_what_nobody_looked_at_is_said(tmp_path: Path) -> None:
    """By its form and code; the page counts it, and a form whose findings have reasons is not blamed for another's."""
    rows = (("type", "name", "label", "relevant"), ("text", "a", "A", "${b} = 'x'"))
    (tmp_path / "mine.xlsx").write_bytes(book(rows))
    forms = list(page.checked(tmp_path))

    assert "not looked at: mine REF-UNKNOWN" in page.unseen(forms)
    for language, words in enumerate(("pas encore examiné", "not looked at yet")):
        made = page.page(forms, language, "2026-12-02")
        assert "| mine | 1 | 1 | 0 | 0 |" in made
        assert "REF-UNKNOWN (survey!D2)" in made
        assert f": **{words}" in made
