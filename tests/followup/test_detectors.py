"""What must not leave in a workbook is found; what people write in good faith is not."""

from __future__ import annotations

import time

import pytest

from sync_scripts.store.detectors import KnownNames, hits


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
        ("Rappelée le 12/10 677123456", "phone"),
        ("677123456 2 fois", "phone"),
        ("le 12 677 12 34 56", "phone"),
        ("0677123456", "phone"),
        ("677–12–34–56", "phone"),
        ("rappeler au 677 - 12 - 34 - 56", "phone"),
        ("677 / 123 / 456", "phone"),
        ("+237 - 677 - 123 - 456", "phone"),
        ("677:12:34:56", "phone"),
        ("677   12   34   56", "phone"),
        ("le 26/11 à 10:30, 677 - 12 - 34 - 56", "phone"),
        ("00 237 - 677 | 123 | 456", "phone"),
        ("222 - 22 - 22 - 22", "phone"),
        ("677 - 123 - 456 | 699 - 111 - 222", "phone"),
        ("677|12|34|56", "phone"),
        ("677\u200b123\u200b456", "phone"),
        ("٦٧٧١٢٣٤٥٦", "phone"),
        ("677,12,34,56", "phone"),
        ("tel677123456", "phone"),
        ("le 26/11, 677, 12, 34, 56", "phone"),
        ("237 677 12 34 56 ou 2", "phone"),
        ("237677123456", "phone"),
        ("le point est 5.9631, 10.1591", "coordinates"),
        ("5,96312 ; 10,15914", "coordinates"),
        ("5° 57' N", "coordinates"),
        ("6F98X5G9+2X", "coordinates"),
        ("N5.9631 E10.1591", "coordinates"),
        ("lat 5.9631 long 10.1591", "coordinates"),
        ("latitude 5,9631 et longitude 10,1591", "coordinates"),
        ("N 5.963", "coordinates"),
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
        "vus le 26/11, 27/11, 28/11 et 2/12",
        "pages 2, 3, 4, 5, 6, 7, 8, 9, 10",
        "entre 12.500 et 13.500 par mois",
        "séances à 20:30, 21:15, 22:00",
        "réunion 20:30 - 21:15",
        "fermé de 21:00-06:00",
        "du 27/11 - 28/11",
        "le 26/11 - 9:30 - 10:15",
        "26/11 : 9:30 | 27/11 : 10:15",
        "articles 23 - 24 - 25 - 26",
        "art. 275 - 276 - 277",
        "rappeler 20:00-21:00",
        "couvre-feu 22:00 - 06:00",
        "vue le 23/11 14:30",
        "2/11 14:30-15:00",
        "6:30, 24/11 7:30, 25/11 8:15",
        "entre 250 000 - 300 000 par mois",
        "de 220 000 - 230 000 par mois",
        "reçu no 26001234567890",
        "DK-237612-4, DK-237613-6, DK-237614-8",
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


@pytest.mark.parametrize(
    "text", ["1.1234" + " " * 32_000, "1 " + "111 " * 8_000, "+1" + "-" * 32_000, "2-" * 16_000]
)
def test_no_text_of_a_cell_takes_long(text: str) -> None:
    """A cell may hold 32,767 signs, chosen by whoever sends the file; the work grows with them, not with their square."""
    started = time.process_time()
    list(hits(text))
    assert time.process_time() - started < 2
