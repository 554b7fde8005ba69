"""Every planted fault is caught: the tests of servers and pulls can fail, and do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.plants import PLANTS, VARIABLE
from tests.stories.planting import failing, failing_each

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
CENTRAL = "tests/contract/test_central.py::test_"
KOBO = "tests/contract/test_kobo.py::test_"
BOTH = "tests/intake/test_servers.py::test_"
APART = "tests/intake/test_forms_apart.py::test_"
ALONE = "tests/intake/test_one_address.py::test_"
QUICK = {
    "the_first_page_is_all": f"{KOBO}every_submission_is_shown_whatever_the_server_cuts_pages_to",
    "no_overlap_of_numbers": f"{KOBO}a_row_that_becomes_visible_late_is_found",
    "no_overlap_of_time": f"{CENTRAL}a_row_that_becomes_visible_late_is_found",
    "the_watermark_is_the_newest_of_the_page": (
        f"{CENTRAL}what_happens_to_later_pages_moves_no_watermark_past_what_came_meanwhile"
    ),
    "an_early_end_is_the_end": f"{CENTRAL}a_dead_token_is_never_the_end",
    "deleted_rows_are_not_asked_for": f"{CENTRAL}a_deleted_submission_is_said_and_not_fetched",
    "versions_between_are_skipped": f"{CENTRAL}an_edit_shows_every_version_with_its_own_bytes",
    "versions_that_are_not_told_are_none": (
        f"{ALONE}the_cursor_passes_no_page_whose_versions_could_not_be_asked_for"
    ),
    "the_key_follows_the_edit": f"{BOTH}an_edit_becomes_a_version_of_its_root[central]",
    "an_error_is_an_empty_answer": f"{KOBO}fewer_rows_than_counted_is_an_error",
    "a_short_sweep_proves_absence": (
        f"{BOTH}a_sweep_that_does_not_agree_with_the_count_concludes_nothing[kobo]"
    ),
    "a_form_that_fails_is_an_empty_form": f"{APART}nothing_of_the_form_out_of_reach_is_marked",
    "what_no_form_shows_is_gone": f"{APART}a_form_taken_out_of_the_settings_loses_nothing",
    "any_number_may_be_gone": f"{BOTH}too_many_gone_at_once_are_not_believed[kobo]",
    "the_fuse_takes_half_of_all_for_few": f"{BOTH}too_many_gone_at_once_are_not_believed[central]",
    "the_status_is_not_named": f"{KOBO}statuses_are_asked_for_by_name",
    "late_files_are_not_asked_for": f"{BOTH}a_file_that_comes_late_is_fetched[central]",
    "what_was_not_handed_over_is_forgotten": f"{ALONE}what_waits_behind_the_cursor_is_asked_for_by_name",
    "what_is_restored_stays_marked": f"{BOTH}what_is_back_there_loses_its_mark",
    "the_cursor_goes_ahead_of_the_rows": f"{BOTH}the_cursor_moves_only_with_its_rows[kobo]",
    "names_of_files_keep_their_form": f"{KOBO}files_come_under_the_names_of_the_answers",
    "bytes_are_written_again": f"{KOBO}the_bytes_are_those_that_were_posted",
    "any_answer_may_be_the_id": f"{KOBO}a_submission_cannot_hand_its_bytes_to_another",
    "bytes_are_believed_whosever_they_are": (
        "tests/intake/test_impostors.py::test_bytes_that_say_another_number_are_put_aside"
    ),
    "a_form_that_is_not_listed_is_no_form": (
        "tests/intake/test_hidden_forms.py::test_a_form_that_is_not_seen_any_more_is_told_of"
    ),
    "a_stranger_is_believed": f"{KOBO}a_stranger_is_told_so",
}
"""The test that finds each of these, in a second or two; the others take the machine, or several tests."""
FULL = (
    "tests/contract/test_central.py",
    "tests/contract/test_kobo.py",
    "tests/intake/test_servers.py",
    "tests/intake/test_forms_apart.py",
    "tests/intake/test_impostors.py",
    "tests/intake/test_machine.py",
    "tests/intake/test_one_address.py",
    "tests/intake/test_hidden_forms.py",
    "tests/encrypted/test_clear.py",
    "tests/encrypted/test_deleted_waiting.py",
)


def _caught(plant: str, files: tuple[str, ...]) -> str:
    """Run tests with a fault planted; return what they said, "" when they all passed."""
    return failing("tests.intake.plants", VARIABLE, plant, *files, minutes=10)


def test_each_quick_one_is_caught_in_every_run() -> None:
    """By the test named, in a fork of one process; with nothing planted the same tests pass in their own rooms."""
    asked = {plant: ["-m", "not slow", test] for plant, test in QUICK.items()}
    said = failing_each("tests.intake.plants", VARIABLE, asked)

    assert said.keys() == QUICK.keys() <= PLANTS.keys()
    assert [plant for plant, words in said.items() if not words] == []


@pytest.mark.slow
@pytest.mark.parametrize("plant", sorted(PLANTS))
def test_every_planted_fault_is_caught(plant: str) -> None:
    """Each of them, by the tests of servers or the stories."""
    assert _caught(plant, FULL)


@pytest.mark.slow
def test_without_a_fault_the_same_tests_pass() -> None:
    """Else nothing was shown."""
    assert not _caught("", FULL)
