"""What must not leave in a workbook is found; what people write in good faith is not."""

from __future__ import annotations

import pytest

from sync_scripts.followup.detectors import KnownNames, hits


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rappeler au 677 12 34 56 demain", "phone"),
        ("+237 6 99 88 77 66", "phone"),
        ("tel:00237677123456", "phone"),
        ("677.12.34.56", "phone"),
        ("fixe 222 23 45 67", "phone"),
        ("+33 6 12 34 56 78", "phone"),
        ("ancien numéro 77 12 34 56", "phone"),
        ("le point est 5.9631, 10.1591", "coordinates"),
        ("5,96312 ; 10,15914", "coordinates"),
        ("5° 57' N", "coordinates"),
        ("6F98X5G9+2X", "coordinates"),
    ],
)
def test_a_phone_or_a_place_is_found(text: str, kind: str) -> None:
    """However it is spaced, a number to call or a point on the map is found."""
    assert kind in set(hits(text))


@pytest.mark.parametrize(
    "text",
    [
        "DK-237612-4",
        "Rendez-vous le 25/11/2026 à 09:30",
        "du 2026-11-25 au 2026-12-02",
        "appui de 250 000 000 FCFA demandé",
        "150 000 XAF versés",
        "12 personnes, 3 familles, 2026-S40",
        "Pièce reçue, à transmettre au pôle juridique.",
        "décret 2008/376, loi 2024/017",
        "",
    ],
)
def test_work_notes_are_not_stopped(text: str) -> None:
    """Dates, amounts, codes and laws are no phone numbers."""
    assert list(hits(text)) == []


def test_a_known_name_is_found_however_it_is_typed() -> None:
    """With the vault open: without accents or case, in either order, by two of its words; only whole words count."""
    known = KnownNames(["Éléonore Ngo Mbarga-Test", "Petit Pierrot-Inventé"])
    for text in (
        "vu eleonore  ngo mbarga test au centre",
        "Mbarga Ngo, rappelée",
        "MBARGA-TEST au centre",
        "test mbarga",
        "PIERROT inventé est venu",
    ):
        assert list(hits(text, known)) == ["name"], text
    for text in ("vu le centre", "mbargas-testament", "Éléonore seule", "ngo", "petit test", ""):
        assert list(hits(text, known)) == [], text
    assert list(hits("vu eleonore ngo mbarga test au centre")) == []


def test_a_name_of_one_word_is_found_by_that_word() -> None:
    """A nickname of four letters or more; two letters in a longer name count for nothing."""
    assert list(hits("la Zézette est partie", KnownNames(["Zezette"]))) == ["name"]
    assert list(hits("le roi de la ville", KnownNames(["Roi", "De La", ""]))) == []
    assert list(hits("une issa de plus", KnownNames(["Ba Issa"]))) == ["name"]
