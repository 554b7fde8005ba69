"""Each code of the check: the faulty form has it and nothing else, its corrected twin is silent."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.forms.rules.tables import CHOICES, LANGUAGES, SETTINGS, codes, form, found, gated
from xlsform.model import Form

SOUND = gated("""
type | name       | register   | sensitivity
text | short_text | short_text | 3
""")


@dataclass(frozen=True)
class Case:
    """A fault and its remedy: what is replaced in the faulty form to mend it."""

    code: str
    faulty: Form
    mended: Form = field(default_factory=lambda: form(SOUND))
    also: tuple[str, ...] = ()


def among(code: str, table: str, mended: str) -> Case:
    """A fault among the rows behind the gate."""
    return Case(code, form(gated(table)), form(gated(mended)))


def setting(code: str, name: str, faulty: str, mended: str) -> Case:
    """A fault in one setting."""
    made = [
        form(SOUND, settings={k: v for k, v in {**SETTINGS, name: value}.items() if v})
        for value in (faulty, mended)
    ]
    return Case(code, made[0], made[1])


def swapped(code: str, table: str, old: str, new: str) -> Case:
    """A fault of one cell behind the gate: ``old`` is wrong, ``new`` right."""
    return among(code, table, table.replace(old, new))


@cache
def key() -> rsa.RSAPrivateKey:
    """A key for this run only."""
    return rsa.generate_private_key(65537, 2048)


def line(raw: bytes) -> str:
    """One line of base64."""
    return base64.b64encode(raw).decode()


def public(bits: int = 2048) -> str:
    """A public key as the build writes it."""
    made = key() if bits == 2048 else rsa.generate_private_key(65537, bits)
    return line(made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def private() -> str:
    """The mistake: the other half."""
    return line(key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


ONE = "type | name | register | sensitivity\n"
CASES = [
    # columns
    swapped("COL-UNKNOWN", "type | name | register | sensitivity | relevent\ntext | t | short_text | 3 | ${consent} = 'given'",
            "relevent", "relevant"),
    swapped("COL-NOTE", "type | name | register | sensitivity | remarque\ntext | t | short_text | 3 | à revoir",
            "remarque", "_remarque"),
    setting("COL-UNKNOWN", "instance_nane", "concat('a', 'b')", ""),
    Case("COL-UNKNOWN", form(SOUND, choices=CHOICES.replace("label.en", "lable"),
                             languages={"fr": "Français (fr)"}), form(SOUND, languages={"fr": "Français (fr)"},
                             choices=CHOICES.replace("label.en", "_en"))),
    # names
    swapped("NAME-FORM", ONE + "text | récit | short_text | 3", "récit", "recit"),
    swapped("NAME-FORM", ONE + f"text | {'a' * 33} | short_text | 3", "aaa", "a"),
    swapped("NAME-FORM", ONE + "text | _id | short_text | 3", "_id", "ident"),
    swapped("NAME-RESERVED", ONE + "text | dikalo_x | short_text | 3", "dikalo_x", "x"),
    Case("NAME-RESERVED", form(SOUND.replace("facts", "meta"))),
    replace(swapped("NAME-CASE", ONE + "text | recit | short_text | 3\ntext | Recit | place_hint | 3", "Recit", "ou"),
            also=("NAME-FORM",)),
    swapped("NAME-REUSED", ONE + "begin_group | g | |\ntext | facts | short_text | 3\nend_group", "facts", "recit"),
    Case("CHOICE-NAME", form(SOUND, choices=CHOICES + "\nl | été,x | Été | Summer")),
    setting("FORM-ID", "form_id", "Alerte été 2", "alerte_ete_2"),
    setting("NO-VERSION", "version", "", "2026112502"),
    setting("VERSION-FORM", "version", "v2 final", "2026112502"),
    setting("VERSION-FORM", "version", "2026133101", "2026123101"),
    swapped("STAMP", ONE + "calculate | dikalo_form | | 0", "dikalo_form", "forme"),
    # languages
    swapped("TR-MISSING", "type | name | register | sensitivity | label.fr | label.en\ntext | t | short_text | 3 | Oui |",
            "Oui |", "Oui | Yes"),
    swapped("TR-MISSING", "type | name | register | sensitivity | hint.fr\ntext | t | short_text | 3 | Oui",
            "hint.fr", "hint"),
    Case("TR-MISSING", form(SOUND, choices=CHOICES + "\nl | a | Été |")),
    swapped("TR-MIXED", "type | name | register | sensitivity | label.-\ntext | t | short_text | 3 | Oui",
            "label.-", "label"),
    swapped("TR-REF",
            "type | name | register | sensitivity | label.fr | label.en\n"
            "text | t | short_text | 3 | Depuis ${consent} | Since then", "Since then", "Since ${consent}"),
    Case("LANG-SPELL", form(SOUND, languages={"fr": "Français (fr)", "en": "Francais (fr)"})),
    Case("LANG-CODE", form(SOUND, languages={"fr": "Français", "en": "English (en)"})),
    setting("LANG-DEFAULT", "default_language", "fr", "Français (fr)"),
    Case("CHOICE-DUP-LABEL", form(SOUND, choices=CHOICES + "\nl | a | Oui | Yes\nl | b | Oui | Yes, b")),
    # safety
    Case("CONSENT-GATE", form(SOUND.replace("= 'given'", "!= 'refused'"))),
    Case("CONSENT-GATE", form(SOUND.replace("= 'given'", "!= 'given'"))),
    Case("CONSENT-GATE", form(SOUND.replace("= 'given'", "= 'given' or ${consent} = 'refused'"))),
    Case("CONSENT-GATE", form(SOUND.replace("${consent} = 'given'", ""))),
    Case("CONSENT-GATE", form(SOUND.replace("${consent} = 'given'", "selected('given refused', ${consent})"))),
    Case("NO-GATE", form(SOUND.replace("alert.consent_state", "alert.info_source").replace("consent |", "told |").replace("${consent}", "${told}"))),
    swapped("NO-EXIT", "type | name | register | sensitivity | required\nselect_one yes_no | h | hours_since | 2 | yes",
            "yes_no ", "yes_no_unknown "),
    swapped("META-ID", ONE + "deviceid | d | | 0", "deviceid", "today"),
    swapped("META-ID", ONE + "username | d | | 0", "username", "today"),
    swapped("GEO-AUTO", ONE + "start-geopoint | g | | 3", "start-geopoint", "today"),
    swapped("GEO-REQUIRED", "type | name | register | sensitivity | required\ngeopoint | g | gps | 3 | yes", "yes", "no"),
    swapped("RECORD-ALWAYS", ONE + "background-audio | a | | 3", "background-audio", "today"),
    swapped("AUTOPLAY", "type | name | register | sensitivity | autoplay\ntext | t | short_text | 3 | audio", "| audio", "|"),
    swapped("AUDIT-TRACK", "type | name | parameters\naudit | audit | track-changes=true", "track-changes=true", ""),
    Case("NAME-SENSITIVE", form(SOUND, settings={**SETTINGS, "instance_name": "concat(${short_text}, 'x')"})),
    swapped("LAST-SAVED", "type | name | register | sensitivity | default\ntext | t | short_text | 3 | ${last-saved#t}",
            "${last-saved#t}", ""),
    swapped("ENTITY-WRITE", "type | name | register | sensitivity | save_to\ntext | t | short_text | 3 | x", "| x", ""),
    Case("ENTITY-WRITE", form(SOUND, others=("entities",))),
    setting("SUBMISSION-URL", "submission_url", "https://example.org/x", ""),
    setting("KEY-PRIVATE", "public_key", private(), public()),
    setting("KEY-PRIVATE", "public_key", "-----BEGIN RSA PRIVATE KEY-----", ""),
    setting("KEY-INVALID", "public_key", public(1024), public()),
    setting("KEY-INVALID", "public_key", "-----BEGIN PUBLIC KEY-----" + public(), public()),
    swapped("PULLDATA",
            "type | name | register | sensitivity | calculation\ncalculate | t | | 0 | pulldata('x', 'a', 'b', '1')",
            "pulldata('x', 'a', 'b', '1')", "concat('a', 'b')"),
    swapped("OR-OTHER", ONE + "select_one yes_no or_other | t | safe_to_photo | 1", " or_other", ""),
    # mapping
    swapped("REGISTER-UNKNOWN", ONE + "text | t | short_txt | 3", "short_txt", "short_text"),
    swapped("REGISTER-UNKNOWN", ONE + "select_one yes_no | t | urgency | 1", "urgency", "safe_to_photo"),
    Case("REGISTER-UNKNOWN", form(SOUND.replace("| alert ", "| alerts ").replace("| short_text | 3", "| alert.short_text | 3"))),
    swapped("REGISTER-TYPE", ONE + "text | t | voice | 3", "text ", "audio "),
    swapped("REGISTER-TWICE", ONE + "text | a | short_text | 3\ntext | b | short_text | 3", "b | short_text", "b | place_hint"),
    swapped("REGISTER-TWICE",
            "type | name | register | sensitivity | relevant\n"
            "select_one yes_no_unknown | h | hours_since | 2\n"
            "text | a | short_text | 3 | ${h} = 'yes'\ntext | b | short_text | 3 | ${h} = 'yes'",
            "b | short_text | 3 | ${h} = 'yes'", "b | short_text | 3 | ${h} != 'yes'"),
    swapped("REGISTER-TWICE",  # a typed code beside a choice: the constraint lets it in only without the choice
            "type | name | register | sensitivity | constraint\n"
            "text | a | short_text | 3 |\ntext | b | short_text | 3 | string-length(.) < 9",
            "| string-length(.) < 9", "| ${a} = '' and string-length(.) < 9"),
    swapped("REPEAT-UID", "type | name | register | sensitivity | calculation\n"
            "begin_repeat | r | person | 1 |\ncalculate | u | | 0 | once(uuid())\nend_repeat",
            "u | |", "u | uid |"),
    swapped("UID-UNSTABLE", "type | name | register | sensitivity | calculation\n"
            "begin_repeat | r | person | 1 |\ncalculate | u | uid | 0 | uuid()\nend_repeat",
            "| uuid()", "| once(uuid())"),
    Case("SENS-MISSING", form(SOUND.replace("facts | alert | 1", "facts | alert |").replace("short_text | 3", "short_text |"))),
    swapped("SENS-LOW", ONE + "text | nom_complet | | 2", "| 2", "| 3"),
    swapped("SENS-LOW", "type | name | sensitivity | label\ntext | x | 1 | Carte d’identité", "| 1", "| 3"),
    swapped("SENS-LOW", ONE + "audio | i | | 2", "| 2", "| 3"),
    swapped("SENS-BELOW", ONE + "select_one yes_no_unknown | h | hours_since | 1", "| 1", "| 2"),
    swapped("RULE-SEALED", ONE + "select_one yes_no_unknown | h | hours_since | 3", "| 3", "| 2"),
    swapped("TARGET-KOBO", "type | name | trigger | sensitivity\ncalculate | t | ${consent}, ${facts} | 0", ", ${facts}", ""),
    replace(setting("TARGET-KOBO", "client_editable", "yes", ""), also=("EDITABLE",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case.code}-{number}" for number, case in enumerate(CASES)])
def test_the_fault_is_found_and_its_remedy_silent(case: Case) -> None:
    """One fault gives one code; what the catalogue calls a remark (UNMAPPED) is no fault."""
    assert [code for code in codes(case.faulty) if code != "UNMAPPED"] == sorted({case.code, *case.also})
    assert [code for code in codes(case.mended) if code != "UNMAPPED"] == []


def test_an_unmapped_question_is_a_remark() -> None:
    """Its answers are kept, so it stops nothing; notes and metadata are no questions."""
    made = form(gated(ONE + "text | libre | | 3\nnote | n | | \ntoday | d | |"))
    assert [(finding.code, finding.path, str(finding.level)) for finding in found(made)] == [
        ("UNMAPPED", "facts/libre", "info")
    ]


def test_a_question_that_only_opens_a_repeat_is_no_remark() -> None:
    """Whether there is anything to describe is said by the rows of the repeat too."""
    rows = (
        "type | name | relevant | register | sensitivity | calculation\n"
        "select_one yes_no | r_any | | | 1 |\n"
        "begin_repeat | r | ${r_any} = 'yes' | person | 1 |\ncalculate | u | | uid | 0 | once(uuid())\nend_repeat"
    )
    assert codes(form(gated(rows))) == []
    assert codes(form(gated(rows.replace("= 'yes'", "= 'no'")))) == ["UNMAPPED"]


def test_a_finding_names_its_cell_and_its_remedy() -> None:
    """The person finds the cell in the workbook, the program the data."""
    (finding,) = found(form(gated(ONE + "text | récit | short_text | 3")))
    said = finding.document()

    assert (said["file"], said["cell"], said["path"]) == ("f.xlsx", "survey!B4", "facts/récit")
    assert said["data"] == {"column": "name", "name": "récit", "near": "recit"}
    assert "recit" in said["fix"]
    assert finding.where == "f.xlsx survey!B4 facts/récit"


def test_only_core_yaml_names_forms_without_a_gate() -> None:
    """The same questions need a gate in any other form; a form that is named with a gate needs that one."""
    table = (
        "type | name | register | sensitivity\nbegin_group | g | followup | 1\ntext | n | note | 3\nend_group"
    )
    named = {
        form_id: codes(form(table, settings={**SETTINGS, "form_id": form_id}))
        for form_id in ("followup", "closure", "situation", "alert", "visite")
    }
    assert named == {
        "followup": [],
        "closure": [],
        "situation": [],
        "alert": ["NO-GATE"],
        "visite": ["NO-GATE"],
    }


def test_the_gate_that_core_yaml_names_is_opened_by_its_answers_alone() -> None:
    """An organisation's own version of a form is held to the answers that open the original."""
    rows = (
        "type | name | register | sensitivity | relevant\n"
        "begin_group | gate | | |\n"
        "select_one consent_alert | consent_alert | alert.consent_state | 1 |\n"
        "end_group\n"
        "begin_group | facts | alert | 1 | ${consent_alert} = 'later'\n"
        "text | t | short_text | 3 |\n"
        "end_group"
    )
    later = CHOICES + "\nconsent_alert | later | Plus tard | Later"
    assert codes(form(rows, choices=later, settings={**SETTINGS, "form_id": "alert"})) == ["CONSENT-GATE"]
    assert codes(form(rows, choices=later)) == []
    given = rows.replace("'later'", "'given'")
    assert codes(form(given, choices=later, settings={**SETTINGS, "form_id": "alert"})) == []


@pytest.mark.parametrize(
    ("formula", "is_outside"),
    [
        ("${n} + 1", True),
        ("sum(${n})", False),
        ("checklist(1, 2, ${n})", False),
        ("weighted-checklist(1, 2, ${n}, 1)", False),
    ],
)
def test_only_functions_over_all_rows_may_look_into_a_repeat(formula: str, is_outside: bool) -> None:
    """From outside, one row's answer is no one answer; a function that takes all the rows is meant to."""
    rows = f"""
    type         | name | calculation | register
    begin_repeat | r    |             |
    integer      | n    |             | -
    end_repeat   |      |             |
    calculate    | t    | {formula}   | -
    """

    assert ("REF-REPEAT" in codes(form(rows))) is is_outside


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("select_one yes_no | h | hours_since | 2 | yes", ["NO-EXIT"]),
        ("select_one yes_no_unknown | h | hours_since | 2 | yes", []),
        ("select_one yes_no | h | hours_since | 2 | no", []),
        ("select_one yes_no | h | consent.stats | 2 | yes", []),
        ("select_one region | h | region_pcode | 2 | yes", []),
    ],
)
def test_ways_out_of_a_hard_question(row: str, found: list[str]) -> None:
    """Not to know, not to say, not to answer; the no of a consent; a place of the list, which is vague enough."""
    places = CHOICES + "\nregion | nw | Nord-Ouest | North West"
    made = form(gated(f"type | name | register | sensitivity | required\n{row}"), choices=places)
    assert [code for code in codes(made) if code == "NO-EXIT"] == found


def test_central_may_have_what_kobo_drops() -> None:
    """A form built for Central alone is not held to KoboToolbox's older converter."""
    made = form(SOUND, settings={**SETTINGS, "client_editable": "yes"})
    assert [finding.code for finding in found(made, "central")] == ["EDITABLE"]
    assert [finding.code for finding in found(made, "kobo")] == ["EDITABLE", "TARGET-KOBO"]


def test_the_languages_are_both_shown() -> None:
    """The table helper itself: a text for both, or for one."""
    assert form(SOUND).languages == LANGUAGES
