"""What nobody may loosen, tried three ways: in Excel, in the overlay's own file, and by an import with ``--force``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forms.overlay.conftest import SHIPPED, Laptop
from tests.forms.overlay.excel import EN, FR, Excel, excel, ghost_town, quarter
from tests.forms.xlsform.worlds import Rows
from tests.forms.xlsform.worlds import book as book_of_rows
from xlsform.convert import convert
from xlsform.overlay import Overlay, derive, file, guard
from xlsform.overlay.bench import edited
from xlsform.overlay.core import core_of
from xlsform.overlay.guard import recorded_by_itself
from xlsform.workbooks import workbook

Attempt = Callable[[Excel], None]


def without_gate(book: Excel) -> None:
    """Delete the question of consent and open everything that stood behind it."""
    book.delete("survey", book.row("survey", "consent_alert"))
    for number in book.rows("survey"):
        if "consent_alert" in str(book.get("survey", number, "relevant")):
            book.write("survey", number, {"relevant": None})


def gate_ignored(book: Excel) -> None:
    """Keep the question of consent, and ask all the same."""
    book.write("survey", book.row("survey", "what"), {"relevant": None})


def gate_wider(book: Excel) -> None:
    """Let a refusal open the group."""
    opens = "selected('given not_asked unable refused', ${consent_alert})"
    book.write("survey", book.row("survey", "what"), {"relevant": opens})


def question_before_gate(book: Excel) -> None:
    """Move a question of the base before the question of consent."""
    book.move("survey", book.row("survey", "when_rel"), book.row("survey", "gate"))


def own_question_before_gate(book: Excel) -> None:
    """Ask something of one's own first, and call it harmless."""
    book.insert("survey", book.row("survey", "gate"), quarter(sensitivity="0", name="org_age"))


def group_before_gate(book: Excel) -> None:
    """Put a whole group of one's own, behind the gate by its condition, before it."""
    row = 1
    shown: dict[str, str | None] = {"relevant": "selected('given', ${consent_alert})"}
    first: dict[str, str | None] = {"type": "begin_group", "name": "org_first", FR: "D'abord", EN: "First"}
    last: dict[str, str | None] = {"type": "end_group"}
    for cells in ({**first, **shown}, quarter(), last):
        row = book.insert("survey", row, cells)


def answer_means_another(book: Excel) -> None:
    """Let "no" stand before the answer that opens the form."""
    given, refused = (book.row("choices", name, "consent_alert") for name in ("given", "refused"))
    for header in (FR, EN):
        texts = [book.get("choices", row, header) for row in (given, refused)]
        book.write("choices", given, {header: texts[1]})
        book.write("choices", refused, {header: texts[0]})


def agreement_reworded(book: Excel) -> None:
    """Ask for the agreement in other words."""
    book.write("survey", book.row("survey", "consent_alert"), {FR: "On commence ?"})


def sensitivity_lowered(book: Excel) -> None:
    """Bring a sealed text into the open."""
    book.write("survey", book.row("survey", "short_text"), {"sensitivity": "2"})


def group_lowered(book: Excel) -> None:
    """The same, by the group that the rows take their level from."""
    book.write("survey", book.row("survey", "story"), {"sensitivity": "1"})
    for name in ("place_hint", "voice", "short_text", "photo"):
        book.write("survey", book.row("survey", name), {"sensitivity": None})


def phonenumber(book: Excel) -> None:
    """Send the telephone number of the person who collects."""
    book.insert("survey", book.row("survey", "what"), {"type": "phonenumber", "name": "org_phone"})


def phone_number_by_an_old_name(book: Excel) -> None:
    """The same, spelt as the converter still takes it."""
    book.insert("survey", book.row("survey", "what"), {"type": "get phone number", "name": "org_phone"})


def device_by_a_column(book: Excel) -> None:
    """The same, by columns that the converter hands on to the phone."""
    asked = quarter(name="org_device", **{FR: "Rien", EN: "Nothing"})
    passed: dict[str, str | None] = {"bind::jr:preload": "property", "bind::jr:preloadParams": "deviceid"}
    book.insert("survey", book.row("survey", "when_rel"), {**asked, **passed})


def agreement_in_its_place(book: Excel) -> None:
    """Let a calculation of one's own say that the person agreed."""
    said: dict[str, str | None] = {
        "type": "calculate",
        "name": "org_agreed",
        "calculation": "'given'",
        "relevant": "${consent_alert} = 'refused'",
        "register": "alert.consent_state",
        "sensitivity": "1",
    }
    book.insert("survey", book.row("survey", "consent_alert"), said)


def copy(book: Excel, calculation: str, **more: str) -> None:
    """Add a calculation of level 1 with a label, which would be shown in the everyday register."""
    said: dict[str, str | None] = {
        "type": "calculate",
        "name": "org_copy",
        FR: "Texte",
        EN: "Text",
        "sensitivity": "1",
    }
    book.insert("survey", book.row("survey", "photo"), {**said, "calculation": calculation, **more})


def sealed_copied(book: Excel) -> None:
    """Copy a sealed answer into the open."""
    copy(book, "concat('x', ${short_text})")


def sealed_copied_by_its_path(book: Excel) -> None:
    """The same, without naming it as the sheet does."""
    copy(book, "string(../short_text)")


def sealed_copied_as_a_default(book: Excel) -> None:
    """The same, as the answer that stands there before anybody gives one."""
    asked = quarter(name="org_again", **{FR: "Encore", EN: "Again"}, sensitivity="1", default="${short_text}")
    book.insert("survey", book.row("survey", "photo"), asked)


def audit_with_places(book: Excel) -> None:
    """Record where the person who collects was."""
    tracking = "location-priority=balanced location-min-interval=60 location-max-age=120"
    book.insert("survey", 1, {"type": "audit", "name": "audit", "parameters": tracking})


def background_audio(book: Excel) -> None:
    """Record the whole interview."""
    book.insert("survey", book.row("survey", "what"), {"type": "background-audio", "name": "org_sound"})


def read_aloud_by_itself(book: Excel) -> None:
    """Let a question be heard before anybody touches it."""
    book.insert("survey", book.row("survey", "photo"), quarter(name="org_heard", autoplay="audio"))


def start_geopoint(book: Excel) -> None:
    """Record where the form was opened."""
    book.insert("survey", book.row("survey", "what"), {"type": "start-geopoint", "name": "org_start"})


def name_asked(book: Excel) -> None:
    """Ask a name in an alert."""
    book.insert("survey", book.row("survey", "place_hint"), quarter(name="org_victim_name", **{EN: "Name"}))


def question_turned_into_a_name(book: Excel) -> None:
    """Let a question of the base ask for a name."""
    book.write(
        "survey", book.row("survey", "short_text"), {FR: "Nom de la victime", EN: "Name of the victim"}
    )


def armed_group(book: Excel) -> None:
    """Offer the name of an armed group as a choice."""
    named = {**ghost_town(), "name": "org_author", FR: "Boko Haram", EN: "Boko Haram"}
    book.insert("choices", book.row("choices", "burning", "alert_icon"), named)


def sent_elsewhere(book: Excel) -> None:
    """Send the answers to another address."""
    book.write("settings", 2, {"submission_url": "https://example.org/submission"})


def shown_on_a_lost_phone(book: Excel) -> None:
    """Name drafts after what was said."""
    book.write("settings", 2, {"instance_name": "${short_text}"})


def closed_list(book: Excel) -> None:
    """Add a choice to a list that a rule gives its meaning."""
    added = {**ghost_town(), "list_name": "when_rel", "name": "org_later"}
    book.insert("choices", book.row("choices", "today", "when_rel"), added)


def core_dropped(book: Excel) -> None:
    """Delete a question that a rule reads."""
    book.delete("survey", book.row("survey", "when_rel"))


def core_changed(book: Excel) -> None:
    """Ask it under another condition."""
    book.write("survey", book.row("survey", "when_rel"), {"relevant": "${alert_icon} != ''"})


def other_place_in_the_register(book: Excel) -> None:
    """Let a frozen answer go to another field."""
    book.write("survey", book.row("survey", "when_rel"), {"register": "hours_since"})


def language_gone(book: Excel) -> None:
    """Take a language of the base away."""
    for sheet in ("survey", "choices"):
        for index in reversed(range(1, len(book.headers_of(sheet)) + 1)):
            if book.headers_of(sheet)[index - 1].endswith("::English (en)"):
                book.book[sheet].delete_cols(index)
    book.headers.clear()


ATTEMPTS: dict[str, tuple[Attempt, set[str]]] = {
    "the gate deleted": (without_gate, {"CORE-TOUCHED", "CONSENT-LOOSER"}),
    "the gate ignored": (gate_ignored, {"CORE-TOUCHED", "CONSENT-LOOSER"}),
    "the gate wider": (gate_wider, {"CORE-TOUCHED", "CONSENT-LOOSER"}),
    "a question moved before the gate": (question_before_gate, {"CORE-TOUCHED", "CONSENT-LOOSER"}),
    "an own question before the gate": (own_question_before_gate, {"CONSENT-LOOSER"}),
    "an own group before the gate": (group_before_gate, {"CORE-TOUCHED"}),
    "yes and no exchanged": (answer_means_another, {"CORE-TOUCHED"}),
    "the agreement reworded": (agreement_reworded, {"CORE-TOUCHED"}),
    "a sensitivity lowered": (sensitivity_lowered, {"SENS-LOWERED"}),
    "the sensitivity of a group lowered": (group_lowered, {"SENS-LOWERED"}),
    "phonenumber": (phonenumber, {"META-ID"}),
    "phonenumber by an old name": (phone_number_by_an_old_name, {"META-ID"}),
    "deviceid by a column": (device_by_a_column, {"BAN-PHONE"}),
    "an agreement in its place": (agreement_in_its_place, {"CORE-TOUCHED"}),
    "a sealed answer copied": (sealed_copied, {"SENS-CARRIED"}),
    "a sealed answer copied by its path": (sealed_copied_by_its_path, {"SENS-CARRIED"}),
    "a sealed answer as a default": (sealed_copied_as_a_default, {"SENS-CARRIED"}),
    "audit with location": (audit_with_places, {"AUDIT-TRACK"}),
    "background audio": (background_audio, {"RECORD-ALWAYS"}),
    "sound by itself": (read_aloud_by_itself, {"AUTOPLAY"}),
    "start-geopoint": (start_geopoint, {"GEO-AUTO"}),
    "a name in the alert": (name_asked, {"BAN-IDENTITY"}),
    "a question turned into a name": (question_turned_into_a_name, {"BAN-IDENTITY"}),
    "an armed group as a choice": (armed_group, {"BAN-ARMED-GROUP"}),
    "another address": (sent_elsewhere, {"SUBMISSION-URL"}),
    "a telling instance name": (shown_on_a_lost_phone, {"CORE-TOUCHED"}),
    "a choice in a closed list": (closed_list, {"CORE-TOUCHED"}),
    "a frozen row dropped": (core_dropped, {"CORE-TOUCHED"}),
    "a frozen row changed": (core_changed, {"CORE-TOUCHED"}),
    "another place in the register": (other_place_in_the_register, {"CORE-TOUCHED"}),
    "a language of the base gone": (language_gone, {"CORE-TOUCHED"}),
}


GRAVE = (
    "the gate deleted",
    "a question moved before the gate",
    "a sensitivity lowered",
    "phonenumber",
    "audit with location",
    "background audio",
)
OFTEN = [name if name in GRAVE else pytest.param(name, marks=pytest.mark.slow) for name in ATTEMPTS]
"""All of them in the large suite; in the small one, those that nobody may ever get past."""


def attempted(laptop: Laptop, attempt: Attempt) -> Path:
    """The workbook of somebody who tried it."""
    path = laptop.customise()
    with excel(path) as book:
        attempt(book)
    return path


@pytest.mark.parametrize("name", ATTEMPTS)
def test_in_excel(laptop: Laptop, name: str) -> None:
    """Refused with its code and the cell where it stands; not a byte is written, whatever is accepted."""
    attempt, codes = ATTEMPTS[name]
    path = attempted(laptop, attempt)
    before = laptop.files()
    code, document = laptop.told("save", str(path))

    assert code == 1
    found = {one["code"] for one in document["refused"]}
    assert codes <= found
    assert laptop.files() == before


@pytest.mark.parametrize("name", OFTEN)
def test_in_the_overlay_itself(laptop: Laptop, name: str) -> None:
    """An overlay changed by hand meets the same guard when it is saved, and when it is upgraded."""
    attempt, codes = ATTEMPTS[name]
    form = edited(attempted(laptop, attempt).read_bytes(), file="e").form
    base = laptop.shipped()
    overlay = Overlay("alert", base.version, "2026112502", derive(base, form))
    path = laptop.forms / "overlays" / "alert.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(file.write(overlay), encoding="utf-8")
    before = laptop.files()
    code, document = laptop.told("save", str(path))

    assert (code, codes <= {one["code"] for one in document["refused"]}) == (1, True)
    code, document = laptop.told("upgrade", "alert")
    assert (code, codes <= {one["code"] for one in document["refused"]}) == (1, True)
    assert laptop.files() == before


@pytest.mark.parametrize("name", OFTEN)
def test_by_an_import(laptop: Laptop, name: str) -> None:
    """``--force`` takes cells as they are shown, and nothing else."""
    attempt, codes = ATTEMPTS[name]
    path = attempted(laptop, attempt)
    code, document = laptop.told("import", str(path), "--to", "alert.yaml", "--force", "--yes")

    assert code == 1
    assert codes <= {one["code"] for one in document["refused"]}
    assert not (laptop.root / "alert.yaml").exists()


@pytest.mark.parametrize(
    "attempt",
    [without_gate, gate_wider, own_question_before_gate, sensitivity_lowered, phonenumber, audit_with_places],
)
def test_in_the_form_that_is_shipped(real: Laptop, attempt: Attempt) -> None:
    """The guard knows the real alert and its real core."""
    path = attempted(real, attempt)

    code, document = real.told("save", str(path))
    assert code == 1
    assert {one["code"] for one in document["refused"]} & {
        "CONSENT-LOOSER",
        "SENS-LOWERED",
        "META-ID",
        "AUDIT-TRACK",
    }


def test_the_cell_is_named(laptop: Laptop) -> None:
    """A trainer finds it at once in her own file."""
    path = attempted(laptop, sensitivity_lowered)
    with excel(path) as book:
        column = book.column("survey", "sensitivity")
        row = book.row("survey", "short_text")
    _, document = laptop.told("save", str(path))

    (found,) = [one for one in document["refused"] if one["code"] == "SENS-LOWERED"]
    assert found["data"]["cell"] == f"survey!{chr(64 + column)}{row}"


def test_what_is_free_is_let_through(laptop: Laptop) -> None:
    """Labels, order, media, stricter and higher, own questions behind the gate, own choices of open lists."""
    path = laptop.customise()
    with excel(path) as book:
        book.write("survey", book.row("survey", "when_rel"), {FR: "À quel moment ?", "appearance": "quick"})
        book.write("survey", book.row("survey", "place_hint"), {"sensitivity": "3"})
        book.move("survey", book.row("survey", "short_text"), book.row("survey", "story"))
        book.insert("survey", book.row("survey", "voice"), quarter())
        book.insert("choices", book.row("choices", "burning", "alert_icon"), ghost_town())
        book.insert("survey", 1, {"type": "audit", "name": "audit"})

    assert laptop.save(path)["written"] is True


def test_a_level_raised_before_is_not_lowered_again(laptop: Laptop) -> None:
    """Between two versions of the organisation's own question there is no acceptance either."""
    with excel(laptop.customise()) as book:
        book.insert(
            "survey",
            book.row("survey", "when_rel"),
            quarter(name="org_heard", **{FR: "Entendu", EN: "Heard"}),
        )
    laptop.save()
    with excel(laptop.customise()) as book:
        book.write("survey", book.row("survey", "org_heard"), {"sensitivity": "1"})
    code, document = laptop.told("save", str(laptop.edit))

    assert (code, [one["code"] for one in document["held"]]) == (3, ["SENS-LOWERED"])
    assert (
        "DK-F79"
        in laptop.run(
            "save", str(laptop.edit), "--accept", "SENS-LOWERED:what/org_heard", "--author", "a", "--why", "b"
        )[2]
    )


AUTOMATIC: Rows = (
    ("type", "name", "label", "parameters"),
    ("deviceid", "a", None, None),
    ("start-geopoint", "b", None, None),
    ("background-audio", "c", None, None),
    ("audit", "audit", None, "track-changes=true identify-user=true"),
    ("username", "d", None, None),
    ("start", "e", None, None),
    ("text", "f", "F", None),
)


def test_the_phone_says_plainly_what_it_would_do() -> None:
    """On the XForm, whatever the sheet calls it; a pseudonym, a time and a question are none of that."""
    settings: Rows = (("form_id", "version", "submission_url"), ("f", "2026112501", "https://example.org"))
    found = [
        (change.path, change.data["name"])
        for change in recorded_by_itself(convert(book_of_rows(AUTOMATIC, settings=settings), name="f").xform)
    ]

    assert sorted(found) == [
        ("", "submission_url"),
        ("a", "deviceid"),
        ("b", "setgeopoint"),
        ("c", "recordaudio"),
        ("meta/audit", "identify-user"),
        ("meta/audit", "track-changes"),
    ]


def test_a_base_changed_on_this_laptop_protects_nobody_less(laptop: Laptop) -> None:
    """The kept base only says what a file was made from: what comes of it meets the base that is shipped."""
    with excel(laptop.customise()) as book:
        book.insert("survey", book.row("survey", "when_rel"), quarter(**{FR: "Un bloc", EN: "A block"}))
    laptop.save()
    kept = laptop.forms / "overlays" / "base" / "alert@2026112501.xlsx"
    with excel(kept) as book:
        without_gate(book)
    laptop.ship(lambda form: form, "2026120101")

    assert laptop.run("upgrade", "alert")[0] in {0, 1, 3}
    used = laptop.form()
    assert guard(laptop.shipped(), used, core_of("alert", laptop.shelf)) == ()


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("[a-z]*.xlsx")))
def test_the_shipped_forms_pass_their_own_guard(real: Laptop, name: str) -> None:
    """A guard that stops the base would stop everybody."""
    form = workbook.read((real.shelf / f"{name}.xlsx").read_bytes(), file=name).form

    assert guard(form, form, core_of(name, real.shelf)) == ()
    xform = convert((real.shelf / f"{name}.xlsx").read_bytes(), name=name).xform
    assert list(recorded_by_itself(xform)) == []


def test_a_form_of_other_people_is_imported_and_its_bans_are_for_the_day_it_is_deployed(
    laptop: Laptop,
) -> None:
    """Neither register nor sensitivity: a census may read the telephone's number. With our columns it may not."""
    path = laptop.customise()
    with excel(path) as book:
        for number in book.rows("survey"):
            book.write("survey", number, {"register": None, "sensitivity": None})
        book.write("settings", 2, {"form_id": "census"})
        book.write("survey", book.row("survey", "dikalo_form"), {"calculation": "'census'"})
        phonenumber(book)
    assert laptop.run("import", str(path))[0] == 0
    with excel(path) as book:
        book.write("survey", book.row("survey", "when_rel"), {"sensitivity": "1"})

    assert laptop.run("import", str(path), "--force")[0] == 1
