"""How questions and answers are written in a dossier."""

from __future__ import annotations

from lxml import html

from sync_scripts.dossier.page import page
from sync_scripts.dossier.wording import unbroken

QUESTIONS = (
    ("L'entretien est-il privé et sûr ?", "Oui : « bien » ?"),
    ("Is it safe?", "<b>Yes</b> : no\nand more"),
    ("Nobody answered", ""),
)
DOSSIER = {
    **dict.fromkeys(("case", "reference", "receiver", "receiver_kind", "purpose", "reason", "made_by", "proof"), "x"),
    **dict.fromkeys(("demo", "service", "authorisation_no", "made_at", "opened_at", "state"), ""),
    **{name: [] for name in ("consents", "files", "submissions", "history", "left_out")},
    "lang": "fr",
    "records": [
        {
            "entity": "person",
            "name": "V1",
            "people": [],
            "fields": [{"label": label, "words": words} for label, words in QUESTIONS],
        }
    ],
}  # fmt: skip


def test_a_question_mark_does_not_stand_alone_on_a_line_and_a_story_stays_as_it_was_written() -> None:
    """Forms hold plain blanks before French signs; on a page a narrow column broke the line there."""
    shown = html.document_fromstring(page(DOSSIER))
    rows = [
        [cell.text_content() for cell in row] for row in shown.xpath("//h3/following-sibling::table[1]/tr")
    ]

    assert rows == [
        ["L'entretien est-il privé et sûr\u00a0?", "Oui : « bien » ?"],
        ["Is it safe?", "<b>Yes</b> : no\nand more"],
    ]
    assert unbroken("« oui »") == "«\u00a0oui\u00a0»"
