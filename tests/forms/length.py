"""How long the forms are: fixed paths through them, walked by ODK Collect's own engine, counted. Shipped nowhere.

``python -m tests.forms.length`` prints the table that stands in ``docs/forms.md``. A group shown as a field list is one
screen, optional screens and notes count, every answer counts that a person gives; nothing is kept from an earlier form
unless the path says so. The seconds are an estimate from the form, by kind of question; no phone was timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from tests import clock
from tests.forms.conftest import mapped
from xlsform import pack
from xlsform.convert import convert
from xlsform.engine import Setting, fill
from xlsform.engine.telling import field_lists, screens

__all__ = ["PATHS", "SECONDS", "Length", "Path", "measured", "table"]

_ALERT: Final = {
    "gate/consent_alert": "not_asked",
    "danger/danger_now": "yes",
    "what/alert_icon": "burning displacement",
    "when/when_rel": "today",
    "where/region": "CM007",
    "where/department": "CM007001",
    "where/arrondissement": "CM007001002",
    "who/victim_kind": "woman man",
    "who/victim_count": "2_5",
    "known/info_source": "saw",
    "known/reporter_code": "PF07",
}
_GIVEN: Final = {**_ALERT, "gate/consent_alert": "given", "contact/safe_to_contact": "unknown"}
_CONTACT: Final = {"contact/safe_to_contact": "yes", "contact/contact_code": "C4"}
_ARREST: Final = {"what/alert_icon": "arrest", "arrest/held_since": "lt24"}
_KEPT: Final = ("where/region", "where/department", "known/reporter_code")


@dataclass(frozen=True)
class Path:
    """One way through a form: French and English words for it, the answers, what the phone kept of the form before."""

    fr: str
    en: str
    form: str
    answers: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict)


PATHS: Final[tuple[Path, ...]] = (
    Path("consentement donné", "consent given", "alert", _GIVEN),
    Path("pas encore demandé", "not asked yet", "alert", _ALERT),
    Path("consentement donné, avec un contact", "consent given, with a contact", "alert", _GIVEN | _CONTACT),
    Path(
        "consentement donné, arrestation, avec un contact",
        "consent given, arrest, with a contact",
        "alert",
        _GIVEN | _CONTACT | _ARREST,
    ),
    Path("pas encore demandé, arrestation", "not asked yet, arrest", "alert", _ALERT | _ARREST),
    Path(
        "consentement donné, deuxième alerte du téléphone",
        "consent given, second alert of the phone",
        "alert",
        {path: text for path, text in _GIVEN.items() if path not in _KEPT},
        before=_GIVEN,
    ),
    Path("refus", "refused", "alert", {"gate/consent_alert": "refused"}),
)
"""The first two are those that the limits hold for."""

SECONDS: Final[Mapping[str, int]] = {
    "screen": 1,
    "spoken": 8,
    "tap": 5,
    "several": 8,
    "menu": 8,
    "search": 12,
    "typed": 10,
    "skipped": 1,
}
"""What the estimate gives each thing: turning a page, saying the sentence of consent, an answer by its kind, passing by."""


@dataclass(frozen=True)
class Length:
    """What one path costs: screens, answers given, and an estimate in seconds."""

    screens: int
    answers: int
    seconds: int


@cache
def _xform(form_id: str) -> str:
    return convert(pack.find(form_id).workbook.read_bytes(), name=f"{form_id}.xlsx").xform


def measured(path: Path) -> Length:
    """Walk a path as a phone does and count.

    Raises:
        AnswersRefused: the phone would not have let it through.
        AssertionError: the path holds an answer that nobody was asked for.
    """
    media = pack.forms_root() / "media"
    last = fill(_xform(path.form), path.before, Setting(media=media)).submission if path.before else None
    filled = fill(_xform(path.form), path.answers, Setting(media=media, last_saved=last))
    assert filled.submission
    assert filled.unused == ()
    shown = screens(filled.asked, field_lists(mapped(path.form)))
    return Length(
        len(shown), len(path.answers), len(shown) * SECONDS["screen"] + sum(_seconds(path, filled.asked))
    )


def _seconds(path: Path, asked: tuple[str, ...]) -> Iterator[int]:
    """Yield the seconds of each question that was shown."""
    for place in asked:
        yield SECONDS[_kind(path.form, place) if place in path.answers else "skipped"]
        if place == "gate/consent_alert":
            yield SECONDS["spoken"]


def _kind(form_id: str, place: str) -> str:
    question = mapped(form_id).question(place.rpartition("/")[2])
    assert question is not None
    look = question.row.cell("appearance")
    if "autocomplete" in look:
        return "search"
    if "minimal" in look:
        return "menu"
    if question.type == "select_multiple":
        return "several"
    return "tap" if question.type == "select_one" else "typed"


def table(lang: str = "fr") -> Iterator[str]:
    """Yield the lines of the table, as they stand in the docs."""
    yield {
        "fr": "| alerte | écrans | réponses | secondes (estimation) |",
        "en": "| alert | screens | answers | seconds (estimate) |",
    }[lang]
    yield "|---|---|---|---|"
    for path in PATHS:
        cost = measured(path)
        yield f"| {path.fr if lang == 'fr' else path.en} | {cost.screens} | {cost.answers} | {cost.seconds} |"


if __name__ == "__main__":
    print(clock.phone_today().isoformat())  # noqa: T201 - said to a person at a desk
    for language in ("fr", "en"):
        print("\n".join(table(language)))  # noqa: T201
