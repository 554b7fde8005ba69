"""What our clients of the two servers promise, line by line, and the tests that hold each of them to it.

A line without a test, or with one that is gone, fails here. What only a real server can show is in the live tests.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE = Path(__file__).parents[1]

CENTRAL: Final[dict[str, str]] = {
    "a 401 is answered by one new login, a second one by an error": """
        test_an_expired_login_is_made_anew_once test_a_login_that_the_server_forgot_is_made_again_once""",
    "three stamps in the filter, overlap, the server's stamps only, stored with the rows": """
        test_a_second_look_shows_only_what_lies_in_the_overlap test_the_first_look_of_a_day_goes_a_day_back
        test_a_deletion_after_the_watermark_is_seen test_the_cursor_moves_only_with_its_rows
        test_everything_arrives_once test_a_server_whose_clock_is_wrong_loses_nothing""",
    "rows that were committed late, or in one millisecond, all arrive": """
        test_a_row_that_becomes_visible_late_is_found test_the_register_becomes_what_the_server_holds""",
    "only the token of the next link is used, and a shortfall is an error": """
        test_every_submission_is_shown_in_bounded_pages test_a_dead_token_is_an_error_and_the_next_run_begins_again
        test_a_page_that_names_itself_is_an_error""",
    "the exact bytes of every version are kept": """
        test_an_edit_shows_every_version_with_its_own_bytes test_every_submission_is_shown_with_its_exact_bytes""",
    "rows of a repetition are known by the form's own uid": """
        test_repetitions_are_keyed_by_their_uid_whatever_their_place
        test_a_repetition_without_uid_is_keyed_by_its_position_and_remarked""",
    "an edit is read with the form version it was made with": """
        test_an_edit_is_read_with_the_form_version_it_was_made_with""",
    "deleted is marked, restored unmarked, purged kept": """
        test_what_is_deleted_there_stays_here_marked test_what_is_back_there_loses_its_mark
        test_purged_without_ever_being_seen_deleted_is_marked test_deleted_and_restored_between_two_pulls_is_nothing
        test_a_deleted_case_form_closes_no_case""",
    "late files are asked for in bounded numbers, and a 304 decides nothing": """
        test_late_files_are_asked_for_a_bounded_number_at_once test_a_file_that_comes_late_is_fetched
        test_what_nobody_looks_for_any_more_is_not_said""",
    "a file has its submission's place, its MD5 is proved, a replaced one is found": """
        test_two_submissions_with_one_file_name_keep_both test_bytes_that_are_not_those_announced_are_refused
        test_a_file_replaced_at_the_server_is_kept_beside_the_first test_a_file_removed_at_the_server_stays_here""",
    "what cannot be read goes to quarantine and stops nothing": """
        test_broken_xml_goes_to_quarantine_and_the_rest_arrives""",
    "a second deployment writes nothing, a failure leaves no draft": """
        test_a_form_goes_up_with_its_files_and_a_second_run_writes_nothing
        test_a_file_that_the_server_loses_stops_it_before_phones_see_anything
        test_a_new_version_that_fails_leaves_no_draft""",
    "reviews and rows are compared before they are written": """
        test_what_was_decided_is_written_once test_the_word_of_somebody_else_stays
        test_somebody_else_at_the_same_time_is_met_with_another_look""",
    "rows of lists have uuids of their own; publishing again writes nothing; what comes back is restored": """
        test_a_uuid_is_the_same_everywhere_and_of_version_four
        test_each_phone_gets_its_zone_and_a_second_run_writes_nothing test_a_case_that_comes_back_is_restored
        test_a_list_holds_five_columns_sorted_by_code""",
    "each phone gets its zone, where the server can part its phones": """
        test_an_older_server_that_cannot_part_its_phones_gets_nothing test_zones_that_are_waived_come_back""",
    "encrypted submissions are opened here": """
        test_a_valid_submission_opens_to_its_exact_bytes test_a_bad_submission_is_refused_for_its_own_reason""",
    "no cell that we write is a formula": """
        test_no_cell_is_a_formula_whatever_is_typed test_a_file_of_providers_with_more_is_refused""",
    "the server's codes are kept exactly; what is final is not asked again": """
        test_the_number_of_central_is_kept test_what_may_pass_is_asked_again_and_nothing_twice_that_acts""",
    "URLs, bodies and connections stay small": """
        test_late_files_are_asked_for_a_bounded_number_at_once test_at_most_four_connections_are_open
        test_bodies_stay_below_what_central_takes""",
    "older servers are understood": """
        test_an_older_central_that_says_less_is_understood test_a_server_that_says_nothing_of_its_files_is_no_alarm""",
    "the stand-in answers as recorded": """
        test_the_stand_in_answers_as_a_real_central_did test_every_recording_is_answered_or_named""",
}

KOBO: Final[dict[str, str]] = {
    "a page for people is an error, never data": "test_an_html_page_is_an_error test_a_page_is_no_submission",
    "a stranger is told so; rights too wide are said": "test_a_stranger_is_told_so test_rights_too_wide_for_pulling",
    "404 on data is no such form or no right, never nothing new": """
        test_a_form_without_a_right_is_an_error test_a_misnamed_form_is_said_and_the_others_come""",
    "the address of phones comes from the settings": "test_a_door_that_leads_elsewhere_is_refused",
    "pages are as long as they are; fewer rows than counted is an error": """
        test_every_submission_is_shown_whatever_the_server_cuts_pages_to test_fewer_rows_than_counted_is_an_error
        test_every_submission_arrives_whatever_the_cap test_ten_thousand_of_ten_thousand_arrive_whatever_the_cap""",
    "an overlap, and a watermark over what is held": """
        test_a_second_look_shows_the_overlap_and_what_is_new test_a_shortfall_that_stays_is_said_every_time
        test_everything_arrives_once""",
    "no time of the sender decides what is new": "test_a_backdated_row_is_new_all_the_same",
    "a sweep finds edits, statuses, late, replaced and removed files, deletions": """
        test_the_sweep_shows_edits_statuses_and_what_is_gone test_statuses_are_asked_for_by_name
        test_a_file_that_comes_late_is_fetched test_a_file_removed_at_the_server_stays_here
        test_what_is_deleted_there_stays_here_marked""",
    "the history is not needed": "test_every_recording_is_answered_or_named",
    "the root comes from the row, gaps are said and nothing is invented": """
        test_the_root_comes_from_the_row_and_the_sender_from_the_account test_a_version_that_nobody_saw_is_said
        test_versions_that_nobody_saw_leave_no_gap""",
    "two rows of one root are one submission, and said": """
        test_two_rows_of_one_root_stay_two_places test_a_twin_is_one_submission_and_is_said_once""",
    "bytes as they were posted; a row without them is named": """
        test_the_bytes_are_those_that_were_posted test_what_a_short_list_leaves_out_is_asked_for_alone
        test_versions_without_their_bytes_are_named""",
    "an edit after an approval is to be looked at again": "test_an_edit_after_approval_is_to_be_looked_at_again",
    "unknown questions are kept with their label": """
        test_what_nobody_mapped_is_extra_with_its_label_and_its_repetition""",
    "our own stamps say which form version it is": "test_what_kobo_adds_goes_to_the_envelope",
    "each file once, under its own uid, names in one form, missing ones said": """
        test_files_come_under_the_names_of_the_answers test_names_of_files_come_in_one_form
        test_they_are_counted_by_reporter_and_sort""",
    "a deployment is over when phones get the files; the second writes nothing": """
        test_a_deployment_is_over_when_phones_get_the_files test_kobo_keeps_its_own_id_and_finds_the_form_again
        test_a_form_goes_up_with_its_files_and_a_second_run_writes_nothing""",
    "lists go out as files, five columns, unchanged ones not at all": """
        test_kobo_gets_the_zone_of_its_team_and_a_second_run_writes_nothing
        test_a_cut_between_removing_and_adding_is_mended_at_once
        test_lists_that_do_not_arrive_are_said_and_looked_for_by_the_next_run""",
    "nothing is ever deleted or edited in bulk at the server": """
        test_what_was_decided_is_written_once test_nothing_new_writes_nothing_at_the_server""",
    "waiting and final answers are told apart": """
        test_a_server_that_asks_to_wait_is_obeyed test_both_forms_of_retry_after_are_read""",
    "doctor sees open doors": "test_open_doors_at_kobo test_some_fields_shared_is_less test_a_wrong_clock_and_a_short_page",
    "no token in any log or error": """
        test_a_canary_is_in_no_log_no_error_and_no_repr test_no_secret_is_said_or_stored_in_the_clear""",
    "older servers, without roots and without uids of files": """
        test_an_old_kobo_without_roots_loses_nothing_and_marks_nothing_falsely test_a_file_without_a_uid_is_taken""",
    "the stand-in answers as recorded": "test_the_stand_in_answers_as_a_real_kobotoolbox_did",
}

BAD_INPUT: Final[dict[str, str]] = {
    "wrong token, expired login, page for people, broken JSON, redirect to another host": """
        test_what_is_no_data_is_said_and_the_next_run_completes
        test_a_wrong_token_of_a_kobo_is_no_empty_world""",
    "no permission, wrong project, wrong form": """
        test_a_wrong_project_is_said test_a_form_out_of_reach_marks_nothing_and_stops_nothing
        test_a_misnamed_form_is_said_and_the_others_come""",
    "repeated cursor, empty page before the count": """
        test_a_page_that_names_itself_is_an_error test_a_dead_token_is_an_error_and_the_next_run_begins_again
        test_a_form_that_falls_short_keeps_its_place""",
    "gzip bomb, dripping server": """
        test_a_gzip_bomb_is_stopped_with_little_memory test_a_dripping_server_is_left_at_the_deadline""",
    "a server's clock that is wrong": "test_a_server_whose_clock_is_wrong_loses_nothing",
    "a certificate that nobody vouches for": "test_tls_is_verified_before_the_token_leaves",
    "very old servers": """
        test_an_old_kobo_without_roots_loses_nothing_and_marks_nothing_falsely
        test_an_older_central_that_says_less_is_understood""",
    "a full disk in the middle": "test_a_full_disk_stops_the_pull_and_a_later_one_finishes",
    "two pulls at once": "test_a_second_pull_is_told_who_holds_the_lock",
    "a laptop asleep for a week in the middle": "test_a_laptop_asleep_for_a_week_goes_on",
}


@cache
def there() -> frozenset[str]:
    """Return the names of all tests."""
    found: set[str] = set()
    for path in HERE.rglob("*.py"):
        found |= set(re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return frozenset(found)


@pytest.mark.parametrize("promises", [CENTRAL, KOBO, BAD_INPUT])
def test_every_promise_has_its_tests(promises: dict[str, str]) -> None:
    """Each line names at least one, and each of them is there."""
    missing = {
        line: sorted(set(names.split()) - there()) for line, names in promises.items() if names.split()
    }

    assert {line: names for line, names in missing.items() if names} == {}
    assert all(names.split() for names in promises.values())
