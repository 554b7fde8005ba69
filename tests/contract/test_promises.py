"""What our clients of the two servers promise, line by line, and the tests that hold each of them to it.

A line without a test, or with one that is gone, fails here. What only a real server can show is in the live tests.

Where a promise is kept otherwise than one would write it down first:

- Central 10: a file is looked at again with HEAD and its ETag compared here, not with If-None-Match: only a cut, keyed tag
  of the ETag is kept, so there is nothing to send. Central answers HEAD by the code of GET (central-backend of August
  2026, lib/resources/submissions.js: one route; lib/util/blob.js `blobResponse`): a file in the database has its MD5 as
  ETag either way; one in a store (S3) is a 307 either way, before any precondition is looked at, so If-None-Match would
  say nothing there. What does is where it leads: the object's name ends with the SHA-1 of the bytes (lib/external/s3.js).
  Read in the source and built into the stand-in, not tried on a Central with S3. A file that was replaced between our
  taking it and the first look after its move to the store is not noticed: the two digests cannot be compared.
- Kobo 12: of a version its XML is kept, byte for byte, and of its JSON row what the XML does not say, member by member
  (records 0015 and 0041). The row itself is not kept a second time: answers are read from the XML.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.faults.test_far_bad_input import BAD_INPUT as TRIED

HERE = Path(__file__).parents[1]
CLIENTS = HERE.parent / "sync_scripts"

CENTRAL: Final[dict[str, str]] = {
    "1. a 401 is answered by one new login, a second one by an error": """
        test_an_expired_login_is_made_anew_once test_a_login_that_the_server_forgot_is_made_again_once""",
    "2. three stamps in the filter, overlap, the server's stamps only, stored with the rows": """
        test_a_second_look_shows_only_what_lies_in_the_overlap test_the_first_look_of_a_day_goes_a_day_back
        test_a_deletion_after_the_watermark_is_seen test_the_cursor_moves_only_with_its_rows
        test_a_central_is_asked_by_three_stamps_and_by_tokens_alone
        test_everything_arrives_once test_a_server_whose_clock_is_wrong_loses_nothing""",
    "3. rows that were committed late, or in one millisecond, all arrive": """
        test_a_row_that_becomes_visible_late_is_found test_the_register_becomes_what_the_server_holds
        test_rows_of_one_millisecond_all_arrive""",
    "4. only the token of the next link is used, and a shortfall is an error": """
        test_every_submission_is_shown_in_bounded_pages test_a_dead_token_is_never_the_end
        test_a_page_that_names_itself_is_an_error
        test_a_central_is_asked_by_three_stamps_and_by_tokens_alone""",
    "5. the exact bytes of every version are kept, and none is read alone by OData": """
        test_an_edit_shows_every_version_with_its_own_bytes test_every_submission_is_shown_with_its_exact_bytes
        test_what_is_sealed_here_is_what_was_sent_version_by_version test_no_submission_is_read_alone_by_odata""",
    "6. rows of a repetition are known by the form's own uid": """
        test_repetitions_are_keyed_by_their_uid_whatever_their_place
        test_a_repetition_without_uid_is_keyed_by_its_position_and_remarked""",
    "7. an edit is read with the form version it was made with": """
        test_an_edit_is_read_with_the_form_version_it_was_made_with""",
    "8. deleted is marked, restored unmarked, purged kept": """
        test_what_is_deleted_there_stays_here_marked test_what_is_back_there_loses_its_mark
        test_purged_without_ever_being_seen_deleted_is_marked test_deleted_and_restored_between_two_pulls_is_nothing
        test_a_deleted_case_form_closes_no_case""",
    "9. late files are asked for in bounded numbers, and a 304 decides nothing": """
        test_late_files_are_asked_for_a_bounded_number_at_once test_a_file_that_comes_late_is_fetched
        test_what_nobody_looks_for_any_more_is_not_said test_no_answer_is_left_to_a_cache""",
    "10. a file has its submission's place, its MD5 is proved, a replaced one is found": """
        test_two_submissions_with_one_file_name_keep_both test_bytes_that_are_not_those_announced_are_refused
        test_a_file_replaced_at_the_server_is_kept_beside_the_first test_a_file_removed_at_the_server_stays_here
        test_a_central_that_keeps_its_files_in_a_store_shows_a_replaced_one
        test_a_file_that_was_moved_to_a_store_is_known_by_its_new_name_from_then_on
        test_bytes_of_a_store_that_are_others_are_refused""",
    "11. what cannot be read goes to quarantine and stops nothing": """
        test_broken_xml_goes_to_quarantine_and_the_rest_arrives
        test_what_has_no_id_of_its_own_goes_to_quarantine_and_the_rest_arrives
        test_a_row_without_an_id_hides_no_other test_a_tampered_byte_is_noticed_and_named""",
    "12. a second deployment writes nothing, a failure leaves no draft": """
        test_a_form_goes_up_with_its_files_and_a_second_run_writes_nothing
        test_a_file_that_the_server_loses_stops_it_before_phones_see_anything
        test_a_new_version_that_fails_leaves_no_draft test_notes_for_the_log_of_a_central_are_percent_encoded
        test_a_break_is_held_back test_where_the_server_encrypts_what_was_sent_is_remembered
        test_a_form_in_the_trash_is_not_made_anew""",
    "13. reviews and rows are compared before they are written": """
        test_what_was_decided_is_written_once test_the_word_of_somebody_else_stays
        test_somebody_else_at_the_same_time_is_met_with_another_look""",
    "14. rows of lists have uuids of their own; publishing again writes nothing; what comes back is restored": """
        test_a_uuid_is_the_same_everywhere_and_of_version_four
        test_each_phone_gets_its_zone_and_a_second_run_writes_nothing test_a_case_that_comes_back_is_restored
        test_a_list_holds_five_columns_sorted_by_code""",
    "15. each phone gets its zone: by a filter, at a server without filters by a form of each team's own": """
        test_zones_that_are_waived_come_back test_an_older_server_that_cannot_part_its_phones_gets_no_rows
        test_each_team_gets_its_zone_with_its_own_form_and_a_second_run_writes_nothing
        test_a_form_of_two_teams_gets_what_all_may_hold_and_is_told
        test_a_phone_that_joins_a_form_takes_its_list_away_at_once
        test_rows_that_went_out_when_there_was_one_zone_leave_first test_a_phone_gets_no_copy_of_another_team
        test_a_phone_gets_the_copy_in_place_of_its_form test_an_alert_through_a_copy_is_an_alert
        test_copies_go_up_with_their_form_and_a_second_run_writes_nothing
        test_the_cuts_reach_the_end_of_a_run""",
    "16. encrypted submissions are opened here; what the server alone can open is known and never taken for empty": """
        test_a_valid_submission_opens_to_its_exact_bytes test_a_bad_submission_is_refused_for_its_own_reason
        test_what_only_the_server_opens_is_said_in_its_own_words test_it_is_counted_apart_and_loses_nothing
        test_doctor_says_what_waits_and_at_which_form test_a_key_that_the_server_keeps_is_known""",
    "17. no cell that we write is a formula": """
        test_no_cell_is_a_formula_whatever_is_typed test_a_file_of_providers_with_more_is_refused
        test_formulas_of_a_csv_are_defused test_a_memory_holds_no_formula_and_says_the_same""",
    "18. the server's codes are kept exactly; what is final is not asked again": """
        test_the_number_of_central_is_kept test_what_may_pass_is_asked_again_and_nothing_twice_that_acts
        test_each_failure_has_its_own_error""",
    "19. URLs, bodies and connections stay small": """
        test_late_files_are_asked_for_a_bounded_number_at_once test_at_most_four_connections_are_open
        test_bodies_stay_below_what_central_takes test_every_address_is_short""",
    "20. older servers are understood": """
        test_an_older_central_that_says_less_is_understood test_a_server_that_says_nothing_of_its_files_is_no_alarm""",
    "21. the stand-in answers as recorded": """
        test_the_stand_in_answers_as_a_real_central_did test_every_recording_is_answered_or_named_with_a_reason""",
}

KOBO: Final[dict[str, str]] = {
    "1. JSON is asked for by a header; a page for people is an error, never data": """
        test_kobotoolbox_is_asked_for_json_by_its_header test_an_html_page_is_an_error test_a_page_is_no_submission""",
    "2. a pull begins with whose token it is; a stranger is told so; rights too wide are said": """
        test_every_pull_of_a_kobotoolbox_begins_with_whose_token_it_is test_a_stranger_is_told_so test_rights_too_wide_for_pulling test_a_wrong_token_of_a_kobo_is_no_empty_world
        test_an_empty_list_of_forms_is_believed_of_a_known_account_alone""",
    "3. 404 on data is no such form or no right, never nothing new": """
        test_a_form_without_a_right_is_an_error test_a_misnamed_form_is_said_and_the_others_come""",
    "4. the address of phones comes from the server, and both stand in the settings, none in the code": """
        test_the_first_day test_a_door_that_leads_elsewhere_is_refused test_no_server_stands_in_the_code""",
    "5. pages are as long as they are; fewer rows than counted is an error; no circle holds a pull": """
        test_every_submission_is_shown_whatever_the_server_cuts_pages_to test_fewer_rows_than_counted_is_an_error
        test_every_submission_arrives_whatever_the_cap test_ten_thousand_of_ten_thousand_arrive_whatever_the_cap
        test_a_page_that_comes_again_and_again_is_an_error test_a_list_of_forms_that_does_not_go_on_is_an_error
        test_a_list_of_forms_that_ends_early_is_an_error""",
    "6. an overlap, and a watermark over what is held": """
        test_a_second_look_shows_the_overlap_and_what_is_new test_a_shortfall_that_stays_is_said_every_time
        test_everything_arrives_once""",
    "7. no time of the sender decides what is new": """
        test_a_backdated_row_is_new_all_the_same
        test_rows_of_a_kobotoolbox_come_by_number_and_no_time_decides""",
    "8. a sweep finds edits, statuses, late, replaced and removed files, deletions": """
        test_the_sweep_shows_edits_statuses_and_what_is_gone test_statuses_are_asked_for_by_name
        test_a_file_that_comes_late_is_fetched test_a_file_removed_at_the_server_stays_here
        test_a_file_that_no_answer_announces_is_taken_although_the_pull_was_cut_before_it
        test_what_is_deleted_there_stays_here_marked""",
    "9. the history says who and when, where it may be asked: probed once, never a detector, no fault when it fails": """
        test_an_edit_and_a_deletion_bear_account_and_time test_nothing_found_is_nothing_asked
        test_without_the_right_one_question_a_run_and_nothing_is_missing test_a_review_is_no_edit
        test_an_empty_history_is_asked_once_and_believed_by_nobody test_a_history_that_fails_fails_no_pull
        test_a_deletion_that_the_data_do_not_show_is_passed_over test_questions_are_bounded_and_none_is_lost
        test_open_doors_at_kobo test_a_very_old_kobo_is_pulled_and_its_gaps_are_said""",
    "10. the root comes from the row, gaps are said and nothing is invented": """
        test_the_root_comes_from_the_row_and_the_sender_from_the_account test_a_version_that_nobody_saw_is_said
        test_versions_that_nobody_saw_leave_no_gap""",
    "11. two rows of one root are one submission, and said": """
        test_two_rows_of_one_root_stay_two_places test_a_twin_is_one_submission_and_is_said_once""",
    "12. bytes as they were posted, each version once; a row without them is named as what a failed sending leaves": """
        test_a_row_without_xml_is_said_to_be_what_a_failed_sending_leaves
        test_the_bytes_are_those_that_were_posted test_what_a_short_list_leaves_out_is_asked_for_alone
        test_versions_without_their_bytes_are_named test_every_member_of_a_row_is_kept_or_named
        test_ids_and_stamps_are_kept test_status_time_and_reviewer_are_kept test_the_list_of_files_is_kept""",
    "13. root, number and sender come from the row, the answers from the XML": """
        test_the_root_comes_from_the_row_and_the_sender_from_the_account
        test_nobody_is_not_whoever_the_phone_says""",
    "14. a status is its id and its time, never its label; an edit after an approval is to be looked at again": """
        test_a_status_that_is_given_again_is_another_one test_a_label_is_no_status
        test_an_edit_after_approval_is_to_be_looked_at_again
        test_an_edit_after_an_approval_stays_to_be_looked_at_until_it_is_approved_again""",
    "15. rows of a repetition are known by the form's own uid": """
        test_repetitions_are_keyed_by_their_uid_whatever_their_place
        test_a_repetition_without_uid_is_keyed_by_its_position_and_remarked""",
    "16. unknown questions are kept with their label": """
        test_what_nobody_mapped_is_extra_with_its_label_and_its_repetition
        test_an_unknown_question_is_sealed_and_flagged""",
    "17. our own stamps say which form version it is; form and asset are kept side by side": """
        test_what_kobo_adds_goes_to_the_envelope test_kobo_keeps_its_own_id_and_finds_the_form_again""",
    "18. the deployed form says how to read what no version here describes, and may only raise secrecy": """
        test_a_version_that_only_the_server_has_is_read_strictly test_no_map_of_a_server_lowers_or_moves_anything""",
    "19. each file once, under its own uid, names in one form, missing ones said": """
        test_files_come_under_the_names_of_the_answers test_names_of_files_come_in_one_form
        test_they_are_counted_by_reporter_and_sort test_a_file_removed_at_the_server_stays_here
        test_the_list_of_files_is_kept""",
    "20. a deployment is over when phones get the files; the second writes nothing": """
        test_phones_get_the_files_a_while_after_the_server_took_them test_kobo_keeps_its_own_id_and_finds_the_form_again
        test_a_form_goes_up_with_its_files_and_a_second_run_writes_nothing""",
    "21. lists go out as files, five columns, unchanged ones not at all": """
        test_kobo_gets_the_zone_of_its_team_and_a_second_run_writes_nothing
        test_a_cut_between_removing_and_adding_is_mended_at_once
        test_lists_that_do_not_arrive_are_said_and_looked_for_by_the_next_run
        test_a_form_that_is_named_no_more_gets_an_empty_list_once test_to_a_stranger_no_form_is_gone""",
    "22. nothing that a phone sent is ever deleted or edited at the server": """
        test_no_client_deletes_what_phones_sent test_what_was_decided_is_written_once
        test_nothing_new_writes_nothing_at_the_server""",
    "23. what may pass is asked again, what is final is shown; a resend that arrived is no second one": """
        test_a_server_that_asks_to_wait_is_obeyed test_both_forms_of_retry_after_are_read
        test_what_may_pass_is_asked_again_and_nothing_twice_that_acts test_each_failure_has_its_own_error
        test_the_same_form_is_sent_until_it_is_taken test_a_refusal_is_final_and_shown
        test_a_server_that_asks_a_phone_to_wait_is_obeyed test_nobody_there_is_tried_a_few_times""",
    "24. encrypted submissions are opened here, and wait for files that are late": """
        test_a_valid_submission_opens_to_its_exact_bytes test_the_xml_opens_before_its_media_come
        test_late_files_wait_then_open_provisionally_then_prove""",
    "25. doctor sees open doors": """
        test_open_doors_at_kobo test_some_fields_shared_is_less test_a_wrong_clock_and_a_short_page""",
    "26. no token in any log or error": """
        test_a_canary_is_in_no_log_no_error_and_no_repr test_no_secret_is_said_or_stored_in_the_clear
        test_no_answer_and_no_secret_is_said_or_stored_in_the_clear""",
    "27. older servers, without roots, history and uids of files": """
        test_an_old_kobo_without_roots_loses_nothing_and_marks_nothing_falsely test_a_file_without_a_uid_is_taken
        test_a_very_old_kobo_is_pulled_and_its_gaps_are_said""",
    "28. the stand-in answers as recorded; the contract is kept": """
        test_the_stand_in_answers_as_a_real_kobotoolbox_did test_every_recording_is_answered_or_named_with_a_reason
        test_every_submission_is_shown_with_its_exact_bytes""",
}

SAID: Final = "test_it_is_said_and_the_next_run_completes"
BAD_INPUT: Final[dict[str, str]] = {
    "wrong token": f"{SAID} test_a_wrong_token_of_a_kobo_is_no_empty_world test_a_wrong_login_is_not_kept",
    "expired login": f"{SAID} test_a_login_that_ended_in_the_middle_is_made_anew",
    "no permission": f"{SAID} test_a_form_out_of_reach_marks_nothing_and_stops_nothing",
    "wrong project": f"{SAID} test_a_wrong_project_is_said",
    "wrong form": f"{SAID} test_a_misnamed_form_is_said_and_the_others_come",
    "HTML page in place of data": f"{SAID} test_a_page_for_people_is_an_error_and_the_next_pull_is_whole",
    "HTML error page": SAID,
    "HTML page for what is not there": SAID,
    "truncated JSON": f"{SAID} test_what_is_no_data_is_said_and_the_next_run_completes",
    "connection cut": f"{SAID} test_a_cut_all_through_an_answer",
    "repeated cursor": f"""{SAID} test_a_page_that_names_itself_is_an_error
        test_two_pages_that_name_each_other_are_an_error test_a_page_that_comes_again_and_again_is_an_error""",
    "empty page before the count": f"""{SAID} test_a_dead_token_is_never_the_end
        test_a_form_that_falls_short_keeps_its_place""",
    "gzip bomb": f"{SAID} test_a_gzip_bomb_is_stopped_with_little_memory",
    "dripping server": f"{SAID} test_a_dripping_server_is_left_at_the_deadline",
    "redirect to another host": f"{SAID} test_what_is_no_data_is_said_and_the_next_run_completes",
    "server clock wrong": """
        test_a_wrong_clock_loses_nothing_and_doctor_names_it test_a_server_whose_clock_is_wrong_loses_nothing""",
    "self-signed TLS": f"{SAID} test_tls_is_verified_before_the_token_leaves",
    "very old Kobo without rootUuid, history, uid": """test_a_very_old_kobo_is_pulled_and_its_gaps_are_said
        test_an_old_kobo_without_roots_loses_nothing_and_marks_nothing_falsely""",
    "Central without managed features": """test_a_central_without_managed_features_is_pulled
        test_an_older_central_that_says_less_is_understood
        test_an_older_server_that_cannot_part_its_phones_gets_no_rows
        test_rows_leave_one_by_one_where_the_server_knows_no_other_way""",
    "disk full in the middle": f"""{SAID} test_a_full_disk_in_the_middle_damages_nothing
        test_a_pull_on_small_disks_damages_nothing""",
    "register full in the middle": SAID,
    "two pulls at once": "test_a_pull_beside_a_running_one_is_told_who_holds_the_lock",
    "laptop asleep for a week in the middle": """test_a_week_asleep_in_the_middle_of_a_page_loses_nothing
        test_a_place_in_the_list_that_is_forgotten_after_a_week_is_begun_anew
        test_a_laptop_asleep_for_a_week_goes_on""",
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
    missing = {line: sorted(set(names.split()) - there()) for line, names in promises.items()}

    assert {line: names for line, names in missing.items() if names} == {}
    assert all(names.split() for names in promises.values())


@pytest.mark.parametrize(("promises", "count"), [(CENTRAL, 21), (KOBO, 28)])
def test_no_promise_is_passed_over(promises: dict[str, str], count: int) -> None:
    """The numbers are those of the list of what each client must do."""
    assert [int(line.partition(".")[0]) for line in promises] == [*range(1, count + 1)]


def test_what_the_command_is_tried_with_is_the_list_of_bad_input() -> None:
    """The table of the command's own tests has a line for every item here that points to it, and no other."""
    assert {line for line, names in BAD_INPUT.items() if SAID in names.split()} == TRIED.keys()


def test_no_client_deletes_what_phones_sent() -> None:
    """What our clients can remove at a server: a login, the token of their own account, a draft, a row of a list, a form's own file, a right that was given."""
    deleting = {
        f"{path.parent.name}.{name}"
        for path in (CLIENTS / "servers").rglob("*.py")
        for name in re.findall(r"def (\w+)\((?:(?!def ).)*?\"DELETE\"", path.read_text("utf-8"), re.DOTALL)
    }

    assert deleting == {
        "central._drop",
        "central.end",
        "central.drop_draft",
        "central.revoke",
        "kobo.drop_media",
        "kobo.end_token",
        "kobo.take",
    }
