"""The engine fills, edits and refuses as ODK Collect does."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.forms.engine.conftest import masked, values, xform
from xlsform.engine import (
    AnswersRefused,
    EngineForked,
    FormUnreadable,
    Habits,
    JavaMissing,
    MediaMissing,
    NoAnswerFits,
    NoSuchLanguage,
    Refusal,
    Setting,
    edit,
    fill,
    jvm,
    resume,
    simulate,
    validate,
)

pytestmark = [pytest.mark.java, pytest.mark.usefixtures("java")]

GATED = """
| survey   |                   |             |                |                |          |                   |                        |                       |                    |                  |
|          | type              | name        | label::Fr (fr) | label::En (en) | required | calculation       | relevant               | constraint            | constraint_message::Fr (fr) | required_message::Fr (fr) |
|          | start             | start       |                |                |          |                   |                        |                       |                    |                  |
|          | end               | end         |                |                |          |                   |                        |                       |                    |                  |
|          | select_one yn     | consent     | Accord ?       | Agreement?     | yes      |                   |                        |                       |                    | Répondez.        |
|          | note              | refused     | Merci          | Thank you      |          |                   | ${consent} = 'no'      |                       |                    |                  |
|          | begin_group       | facts       | Faits          | Facts          |          |                   | ${consent} = 'yes'     |                       |                    |                  |
|          | date              | day         | Date           | Day            |          |                   |                        | . <= today()          | Pas dans le futur. |                  |
|          | text              | story       | Récit          | Story          |          |                   |                        |                       |                    |                  |
|          | image             | photo       | Photo          | Photo          |          |                   |                        |                       |                    |                  |
|          | end_group         |             |                |                |          |                   |                        |                       |                    |                  |
|          | begin_repeat      | victim      | Victime        | Victim         |          |                   | ${consent} = 'yes'     |                       |                    |                  |
|          | calculate         | victim_uid  |                |                |          | once(uuid())      |                        |                       |                    |                  |
|          | integer           | age         | Âge            | Age            |          |                   |                        | . >= 0 and . <= 120   | Entre 0 et 120.    |                  |
|          | select_multiple k | kinds       | Quoi           | What           |          |                   |                        |                       |                    |                  |
|          | end_repeat        |             |                |                |          |                   |                        |                       |                    |                  |
|          | calculate         | victims     |                |                |          | count(${victim})  |                        |                       |                    |                  |
| choices  |                   |             |                |                |
|          | list_name         | name        | label::Fr (fr) | label::En (en) |
|          | yn                | yes         | Oui            | Yes            |
|          | yn                | no          | Non            | No             |
|          | k                 | woman       | Femme          | Woman          |
|          | k                 | girl        | Fille          | Girl           |
| settings |                   |             |                |                |
|          | form_id           | version     | default_language |              |
|          | gated             | 2026112501  | Fr (fr)        |                |
"""  # fmt: skip

LISTED = """
| survey   |                              |       |       |                            |                           |                                            |                |
|          | type                         | name  | label | default                    | parameters                | calculation                                | choice_filter  |
|          | text                         | who   | Code  | ${last-saved#who}          |                           |                                            |                |
|          | select_one d                 | dep   | Dep   |                            |                           |                                            |                |
|          | select_one_from_file cases.csv | case | Case |                            | value=label label=label   |                                            | department = ${dep} |
|          | calculate                    | due   |       |                            |                           | instance('cases')/root/item[label = ${case}]/due |          |
|          | acknowledge                  | read  | Read  |                            |                           |                                            |                |
|          | datetime                     | at    | At    |                            |                           |                                            |                |
|          | geopoint                     | gps   | Gps   |                            |                           |                                            |                |
| choices  |                              |       |       |
|          | list_name                    | name  | label |
|          | d                            | bui   | Bui   |
|          | d                            | mezam | Mezam |
"""  # fmt: skip

YES = {
    "consent": "yes",
    "facts/day": "2026-11-20",
    "facts/story": "Récit inventé pour l'essai.",
    "facts/photo": "1764000000001.jpg",
    "victim[1]/age": "12",
    "victim[1]/kinds": "woman girl",
    "victim[2]/age": "40",
}


def test_a_filled_form_is_what_the_phone_would_send() -> None:
    """Everything prepared is asked for, in the order of the form, and each row of a repeat has its own uid."""
    filled = fill(xform(GATED), YES)

    assert (filled.unused, filled.refused) == ((), ())
    assert filled.asked[:4] == ("consent", "facts/day", "facts/story", "facts/photo")
    assert values(filled.submission, "age") == ["12", "40"]
    assert values(filled.submission, "kinds") == ["woman girl"]
    assert values(filled.submission, "victims") == ["2"]
    assert len(set(values(filled.submission, "victim_uid"))) == 2
    assert values(filled.submission, "start")[0].endswith("+01:00")


def test_a_refusal_leaves_nothing_behind_the_gate() -> None:
    """After "no" the phone asks nothing about the person and sends nothing of what had been prepared."""
    filled = fill(xform(GATED), YES | {"consent": "no"})

    assert filled.asked == ("consent", "refused")
    assert filled.unused == tuple(sorted(path.replace("[1]", "") for path in YES if path != "consent"))
    assert b"facts" not in filled.submission
    assert b"<victim>" not in filled.submission


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({"consent": ""}, Refusal("consent", "required", "Répondez.")),
        ({"consent": "maybe"}, Refusal("consent", "choice")),
        ({"facts/day": "2999-01-01"}, Refusal("facts/day", "constraint", "Pas dans le futur.")),
        ({"facts/day": "25/11/2026"}, Refusal("facts/day", "type")),
        ({"victim[2]/age": "200"}, Refusal("victim[2]/age", "constraint", "Entre 0 et 120.")),
    ],
)
def test_what_the_phone_refuses_is_said_in_its_words(answers: dict[str, str], refusal: Refusal) -> None:
    """A wrong answer is named with the message that the person would read, and there is no submission."""
    filled = fill(xform(GATED), YES | answers)

    assert refusal in filled.refused
    assert filled.xml == b""
    with pytest.raises(AnswersRefused) as raised:
        _ = filled.submission
    assert str(raised.value) == "DK-F55"


def test_an_edit_names_the_version_it_replaces() -> None:
    """Editing a sent form gives a new instanceID and deprecatedID; the rest, uids of rows too, stays."""
    form = xform(GATED)
    sent = fill(form, YES).submission
    once = edit(form, sent, {"victim[1]/age": "13", "facts/story": ""}).submission
    twice = edit(form, once, {"victim[1]/age": "14"}).submission

    assert values(once, "deprecatedID") == values(sent, "instanceID")
    assert values(twice, "deprecatedID") == values(once, "instanceID")
    assert len({*values(sent, "instanceID"), *values(once, "instanceID"), *values(twice, "instanceID")}) == 3
    assert once.index(b"<instanceID>") < once.index(b"<deprecatedID>")
    assert values(once, "age") == ["13", "40"]
    assert b"<story />" in once
    assert values(twice, "victim_uid") == values(sent, "victim_uid")
    assert values(once, "start") == values(sent, "start")


def test_deleting_a_row_leaves_the_other_uids() -> None:
    """A row's identity is its uid, not its place."""
    form = xform(GATED)
    sent = fill(form, YES | {"victim[3]/age": "7"}).submission
    left = edit(form, sent, {}, without=["victim[1]"]).submission

    assert values(left, "victim_uid") == values(sent, "victim_uid")[1:]
    assert values(left, "age") == ["40", "7"]
    assert values(left, "victims") == ["2"]
    with pytest.raises(KeyError):
        edit(form, sent, {}, without=["victim[9]"])


def test_a_draft_keeps_its_identity() -> None:
    """Going on with a draft is not an edit: same instanceID, nothing deprecated, consent may be taken back."""
    form = xform(GATED)
    draft = fill(form, YES).submission
    later = resume(form, draft, {"facts/day": "2026-11-19"}).submission
    withdrawn = resume(form, draft, {"consent": "no"}).submission

    assert values(later, "instanceID") == values(draft, "instanceID")
    assert values(later, "day") == ["2026-11-19"]
    assert b"deprecatedID" not in later
    assert b"victim_uid" not in withdrawn


def test_lists_come_from_files(media: Path) -> None:
    """Only what the filter lets through is offered, and the value stored is the case code."""
    answers = {
        "dep": "bui",
        "case": "DK-AAAAAA-1",
        "read": "OK",
        "at": "2026-11-20T10:00:00.000+01:00",
        "gps": "6.2 10.5",
    }
    filled = fill(xform(LISTED), answers, Setting(media=media))

    assert values(filled.submission, "case") == ["DK-AAAAAA-1"]
    assert values(filled.submission, "due") == ["2026-12-01"]
    assert values(filled.submission, "gps") == ["6.2 10.5 0.0 0.0"]
    assert fill(xform(LISTED), answers | {"dep": "mezam"}, Setting(media=media)).refused == (
        Refusal("case", "choice"),
    )


def test_a_missing_list_is_said_before_it_shows_an_empty_screen(tmp_path: Path) -> None:
    """The engine takes a missing file for an empty list; we do not."""
    with pytest.raises(MediaMissing) as raised:
        fill(xform(LISTED), {}, Setting(media=tmp_path))

    assert "cases.csv" in raised.value.words()


def test_the_phone_remembers_what_was_last_saved(media: Path) -> None:
    """A default from the last saved submission is filled in, and a fresh phone has none."""
    form = xform(LISTED)
    first = fill(form, {"who": "E07"}, Setting(media=media)).submission

    assert values(fill(form, {}, Setting(media=media, last_saved=first)).submission, "who") == ["E07"]
    assert values(fill(form, {}, Setting(media=media)).submission, "who") == []


def test_messages_come_in_the_language_chosen() -> None:
    """A language is named exactly as the form spells it."""
    assert fill(xform(GATED), {}, Setting(language="Fr (fr)")).refused[0].message == "Répondez."
    with pytest.raises(NoSuchLanguage) as raised:
        fill(xform(GATED), {}, Setting(language="fr"))
    assert "Fr (fr), En (en)" in raised.value.words()


def test_a_broken_form_is_refused_with_the_engines_reason() -> None:
    """What the engine says reaches the person, without the names of its classes."""
    with pytest.raises(FormUnreadable) as raised:
        fill(xform(GATED).replace("count(", "kount("), YES)

    assert "cannot handle function 'kount'" in raised.value.words()
    assert "Exception" not in raised.value.words()


def test_validate_gives_the_verdict_of_odk_validate() -> None:
    """A sound form has no finding; a reference from outside to a repeated question, which filling may miss, has one."""
    ungated = GATED.replace("${consent} = 'yes'", "")
    assert validate(xform(GATED)) == ()
    (said,) = validate(xform(ungated.replace("count(${victim})", "${age} + 1")))
    assert "This field is repeated" in said
    assert "Exception" not in said


def test_simulated_people_stay_behind_the_gate() -> None:
    """Random answers are valid; all questions are reached; no refused submission holds anything but the refusal."""
    form = xform(GATED)
    made = [simulate(form, seed) for seed in range(60)]
    refused = [one.submission for one in made if values(one.submission, "consent") == ["no"]]

    assert refused
    assert not [one for one in refused if b"<facts>" in one or b"<victim>" in one]
    assert frozenset().union(*(one.seen for one in made)) == {
        *("consent", "refused", "facts/day", "facts/story", "facts/photo", "victim/age", "victim/kinds")
    }
    uids = [uid for one in made for uid in values(one.submission, "victim_uid")]
    assert len(uids) == len(set(uids)) > len(made) / 2


def test_a_simulation_can_be_repeated() -> None:
    """One seed, one set of answers; another seed, another."""
    form = xform(GATED)
    never_skip = Habits(rules={"consent": lambda _rnd: "yes"}, skip=0)

    assert masked(simulate(form, 7, never_skip).submission) == masked(
        simulate(form, 7, never_skip).submission
    )
    assert masked(simulate(form, 7, never_skip).submission) != masked(
        simulate(form, 8, never_skip).submission
    )


def test_a_question_that_no_answer_fits_is_named() -> None:
    """An impossible constraint is the form's fault and is said with the path."""
    with pytest.raises(NoAnswerFits) as raised:
        simulate(
            xform(GATED), 1, Habits(rules={"consent": lambda _rnd: "yes", "victim/age": lambda _rnd: "500"})
        )

    assert "victim/age" in raised.value.words()


def test_a_forked_process_is_refused() -> None:
    """The machine cannot be used in a copy of the process that started it; the child says so instead of hanging."""
    with patch.object(os, "getpid", return_value=-1), pytest.raises(EngineForked):
        fill(xform(GATED), YES)


def test_without_java_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack of a library: what is missing, and the package that brings it."""
    import jpype

    def no_machine(*_options: object, **_more: object) -> None:
        raise jpype.JVMNotFoundException

    monkeypatch.setattr(jvm, "_started_by", [])
    monkeypatch.setattr(jpype, "startJVM", no_machine)
    with pytest.raises(JavaMissing) as raised:
        validate(xform(GATED))
    assert "default-jre-headless" in raised.value.words()


def test_a_repeat_may_stay_empty() -> None:
    """The first row is there from the start; a person who has nothing to say deletes it."""
    answers = {path: text for path, text in YES.items() if not path.startswith("victim")}
    filled = fill(xform(GATED), answers, empty=["victim"])

    assert b"<victim>" not in filled.submission
    assert values(filled.submission, "victims") == ["0"]
    assert values(fill(xform(GATED), answers).submission, "victims") == ["1"]
