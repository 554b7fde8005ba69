"""What a wrong word probably meant."""

from __future__ import annotations

import pytest

from xlsform.errors import nearest


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("Yes", ("yes", "no"), "yes"),
        ("oui", ("yes", "no"), "yes"),
        ("'non'", ("yes", "no"), "no"),
        ("yes", ("oui", "non"), "oui"),
        ("burn", ("none", "burns"), "burns"),
        ("zzz", ("a", "b"), "a, b"),
        ("zzz", tuple("abcdefg"), "a, b, c, d, e, …"),
        ("zzz", (), "-"),
    ],
)
def test_the_nearest_word_is_offered(word: str, known: tuple[str, ...], meant: str) -> None:
    """Capitals, French, a slip of the pen; else what there is to choose from."""
    assert nearest(word, known) == meant
