"""How long the forms are: fixed paths through them, walked by ODK Collect's own engine, counted. Shipped nowhere.

``python -m tests.forms.length`` prints the table that stands in ``docs/forms.md``. A group shown as a field list is one
screen, optional screens and notes count, every answer counts that a person gives; nothing is kept from an earlier form
unless the path says so. The seconds come from the model in ``keystrokes``; no phone was timed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from tests import clock
from tests.forms.conftest import mapped
from tests.forms.keystrokes import FIRST, OPENING, PRACTISED, User, screen_seconds, seen, titles
from tests.forms.phones import answers
from xlsform import pack
from xlsform.convert import convert
from xlsform.engine import Setting, fill
from xlsform.engine.telling import field_lists, screens
from xlsform.model import Question, Resolved

_ALERT: Final = {
    "gate/consent_alert": "not_asked",
    "danger/danger_now": "yes",
    "what/alert_icon": "burning",
    "when/when_rel": "today",
    "where/region": "CM007",
    "where/department": "CM007001",
    "where/arrondissement": "CM007001002",
    "who/victim_kind": "woman",
    "who/victim_count": "2_5",
    "known/info_source": "saw",
}
_GIVEN: Final = {**_ALERT, "gate/consent_alert": "given", "contact/safe_to_contact": "unknown"}
_CONTACT: Final = {"contact/safe_to_contact": "yes", "contact/contact_code": "C4"}
_ARREST: Final = {"what/alert_icon": "arrest", "arrest/held_since": "lt24"}
_CODE: Final = {"known/reporter_code": "PF-NW-03"}
_KEPT: Final = ("where/region", "where/department", *_CODE)


@dataclass(frozen=True)
class Path:
    """One way through a form: French and English words for it, the answers, what the phone kept of the form before, whose it is."""

    fr: str
    en: str
    form: str
    answers: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict)
    account: str = "PF-NW-03"


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
    Path(
        "consentement donné, téléphone partagé",
        "consent given, shared phone",
        "alert",
        _GIVEN | _CODE,
        account="",
    ),
    Path("refus", "refused", "alert", {"gate/consent_alert": "refused"}),
)
"""The first two are those that the limits hold for."""


@dataclass(frozen=True)
class Length:
    """What one path costs: screens, answers given, and the seconds of the model by language: first time, and practised."""

    screens: int
    answers: int
    first: Mapping[str, int]
    practised: Mapping[str, int]


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
    fresh = Setting(media=media, account=path.account)
    last = fill(_xform(path.form), path.before, fresh).submission if path.before else None
    filled = fill(_xform(path.form), path.answers, replace(fresh, last_saved=last))
    assert filled.submission
    assert filled.unused == ()
    form = mapped(path.form)
    shown = screens(filled.asked, field_lists(form))
    given = {question: _leaf(filled.submission, question) for question in filled.asked}
    first, practised = (
        {lang: round(sum(_walk(path, shown, given, lang, user)) + OPENING) for lang in form.form.languages}
        for user in (FIRST, PRACTISED)
    )
    return Length(len(shown), len(path.answers), first, practised)


def _leaf(submission: bytes, place: str) -> str:
    return answers(submission).get(place.rpartition("/")[2], "")


def _walk(
    path: Path, shown: tuple[tuple[str, ...], ...], given: Mapping[str, str], language: str, user: User
) -> Iterator[float]:
    """Yield the seconds of each screen."""
    form = mapped(path.form)
    for screen in shown:
        asked = [form.question(place.rpartition("/")[2]) for place in screen]
        on_screen = [
            seen(
                question,
                language,
                _offered(form, question, given, language),
                given[place],
                kept=place not in path.answers and bool(given[place]),
            )
            for place, question in zip(screen, asked, strict=True)
            if question is not None
        ]
        yield screen_seconds(
            titles(form.sections, tuple(screen[0].split("/")[:-1]), language), on_screen, user
        )


def _offered(
    form: Resolved, question: Question, given: Mapping[str, str], language: str
) -> Mapping[str, tuple[str, bool]]:
    """Return the choices that are left by a filter of the shape ``column=${question}``."""
    column, _, name = question.row.cell("choice_filter").partition("=${")
    wanted = (
        next((text for place, text in given.items() if place.endswith(f"/{name[:-1]}")), "") if name else ""
    )
    if question.file:
        with (pack.forms_root() / "media" / question.file).open(encoding="utf-8", newline="") as file:
            return {
                row["name"]: (row["label"], False) for row in csv.DictReader(file) if row[column] == wanted
            }
    return {
        choice.name: (choice.labels[language], "image" in choice.texts)
        for choice in form.form.choices.get(question.list or "", ())
        if not name or choice.cells.get(column) == wanted
    }


def table(lang: str = "fr") -> Iterator[str]:
    """Yield the lines of the table, as they stand in the docs."""
    yield {
        "fr": "| alerte | écrans | réponses | première fois (s) | ensuite (s) |",
        "en": "| alert | screens | answers | first time (s) | later (s) |",
    }[lang]
    yield "|---|---|---|---|---|"
    for path in PATHS:
        cost = measured(path)
        seconds = f"{cost.first[lang]} | {cost.practised[lang]}"
        yield f"| {path.fr if lang == 'fr' else path.en} | {cost.screens} | {cost.answers} | {seconds} |"


if __name__ == "__main__":
    print(clock.phone_today().isoformat())  # noqa: T201 - said to a person at a desk
    for language in ("fr", "en"):
        print("\n".join(table(language)))  # noqa: T201
