"""How the pieces of a dossier's page are written."""

from __future__ import annotations

from sync_scripts.dossier.markup import pairs


def test_a_question_mark_does_not_stand_alone_on_a_line_and_a_story_stays_as_it_was_written() -> None:
    """Forms hold plain blanks before French signs; on a page a narrow column broke the line there."""
    shown = pairs(("L'entretien est-il privé et sûr ?", "Oui : « bien » ?"), ("Is it safe?", "Yes : no"))

    assert "et sûr\u00a0?</th>" in shown
    assert ">Oui : « bien » ?</td>" in shown
    assert ">Is it safe?</th>" in shown
    assert ">Yes : no</td>" in shown
