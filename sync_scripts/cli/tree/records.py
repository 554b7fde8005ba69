"""The commands about alerts and cases: name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli.frame.commands import Entry, nested
from sync_scripts.register.lifecycle.moves import CASE_MOVES

ALERTS = nested(
    Entry("alerts", "Alerts: see them, triage them, open cases from them."),
    Entry(
        "alerts ask",
        "Ask the focal point for more before you decide; triage the alert again afterwards.",
        decision="alerts:ASK",
    ),
    Entry("alerts assign", "Give an alert, and what is due in it, to a worker.", decision="alerts:ASSIGN"),
    Entry(
        "alerts contacted",
        "Say that the person of an alert was reached. It ends the task of the first contact. With --undo, take it back: the wrong "
        "code was typed; then the task is due as before.",
        decision="alerts:CONTACTED",
    ),
    Entry(
        "alerts decide",
        "Say of two alerts whether they tell of one event: same_event, related or not_same; or of an alert and each of a group, "
        "by the mark under which dikalo alerts links CODE has shown it. All alerts are kept; not_same is remembered and never "
        "proposed again.",
        decision="alerts:DECIDE",
    ),
    Entry(
        "alerts dismiss",
        "Dismiss a triaged alert, with a reason. A critical or high one is only proposed: a second person signs it with "
        "dikalo approve.",
        decision="alerts:DISMISS",
    ),
    Entry(
        "alerts link",
        "Tie a triaged alert to a case that is open. With the code of another alert: set it aside as its duplicate, once "
        "it was decided that both tell of one event; an urgent one is, where the other's case is less urgent, only "
        "proposed, with a reason, and a second person signs it with dikalo approve.",
        decision="alerts:LINK",
    ),
    Entry(
        "alerts links",
        "Show which alerts may tell of one event, in groups, and why; with a CODE side by side what is beside this alert. The "
        "rules only propose: decide with dikalo alerts decide CODE CODE DECISION, or on a whole group by its mark.",
        "work.links:alert_links",
    ),
    Entry(
        "alerts list",
        "List the alerts on which something is to be decided, what is due first at the top.",
        "work.lists:list_alerts",
    ),
    Entry(
        "alerts move",
        "Move an alert that has a case, or was referred out, to another case that is open: how a wrong link, opening or referral "
        "is put right. Without CASE and with --owner, a new case is opened for it.",
        decision="alerts:MOVE",
    ),
    Entry(
        "alerts new",
        "Enter an alert that came by telephone, message or visit: the questions of the alert form, one by one. It is "
        "sealed, triaged and shown like an alert from a phone.",
        "work.desk:new_alert",
    ),
    Entry(
        "alerts open", "Open a new case from a triaged alert and give it to a worker.", decision="alerts:OPEN"
    ),
    Entry(
        "alerts refer",
        "Refer an alert to a provider (their codes: dikalo providers list) instead of opening a case. It needs the person's "
        "consent; for a vital interest two people sign.",
        decision="alerts:REFER",
    ),
    Entry(
        "alerts show",
        "Show one alert: where it stands, why it is so urgent, what is due, what was decided.",
        "work.alert_page:show_alert",
    ),
    Entry(
        "alerts task",
        "List what is due and what is to be looked at, each with its id; end one that no fact ends (--done), open it "
        "again, give it to somebody, or raise a remark of your own (--flag).",
        "work.history:tasks",
        decision="tasks:OF_ALERT",
    ),
    Entry(
        "alerts triage",
        "Say that you saw the result of the rules, and let it stand or set another level.",
        decision="alerts:TRIAGE",
    ),
    Entry(
        "alerts unlink",
        "Take back that an alert is a duplicate: it is triaged again. It needs a reason.",
        decision="alerts:UNLINK",
    ),
)


CASES = nested(
    Entry("cases", "Cases: see them and what is due, put somebody in charge."),
    Entry(
        "cases assign",
        "Put a worker in charge of a case. What is due in it goes along; who decided, and who was in charge before, "
        "stays in its history.",
        decision="cases:ASSIGN",
    ),
    Entry(
        "cases contacted",
        "Write down that the person of a case was reached; with --failed, that somebody tried and did not reach anybody. "
        "After three in a row that failed a task rises: to propose a suspension. With --undo, take back what was written down last.",
        decision="cases:CONTACTED",
    ),
    Entry(
        "cases dossier",
        "Make the dossier of one case for somebody outside: a court, the United Nations, a service that the person chose. What "
        "may leave is asked record by record; what may not is left out, and listed. It opens the vault in a process of its own, "
        "after writing down who, for whom and why. --dry-run shows what would be in it, and opens nothing.",
        "opening.dossier:dossier",
    ),
    Entry(
        "cases import",
        "Take over an old case list from Excel or CSV: one row, one case. Without --map, write a draft of the map to "
        "correct. What the map does not name is sealed. When one row is rejected, none is taken, unless you say so. "
        "The list itself stays in the clear where it lies.",
        "work.old_lists:import_",
    ),
    Entry("cases list", "List the open cases, what is due first at the top.", "work.lists:list_cases"),
    Entry(
        "cases merge",
        "Say that a case is the same as another one, where the work goes on. Final. The merged case keeps its forms and "
        "points to the other; what is due in it goes to whoever is in charge of that one.",
        decision="cases:MERGE",
    ),
    Entry(
        "cases move",
        _(
            "Move a case to another state: {states}. Where something is missing, the refusal says what."
        ).format(states=", ".join(CASE_MOVES)),
        decision="cases:MOVE",
    ),
    Entry(
        "cases note",
        "Put the work note of a case in place of the one before: 1,000 characters, no names.",
        decision="cases:NOTE",
    ),
    Entry(
        "cases refer",
        "Plan a service for somebody in a case and refer the person to a provider (--to), or say how a service goes on "
        "(--number and --state). Nothing leaves without the recorded consent.",
        decision="cases:REFER",
    ),
    Entry(
        "cases set",
        "Decide how urgent a case is, how closely and how long it is kept, and whether a legal hold stops every purge. "
        "Lowering needs a reason.",
        decision="cases:SET",
    ),
    Entry(
        "cases show",
        "Show one case: where it stands, its people and acts by code, what is due, its history.",
        "work.case_page:show_case",
    ),
    Entry(
        "cases task",
        "List what is due and what is to be looked at, each with its id; end one that no fact ends (--done), open it "
        "again, give it to somebody, or raise a remark of your own (--flag).",
        "work.history:tasks",
        decision="tasks:OF_CASE",
    ),
    Entry(
        "cases verify",
        "Say how sure the incident of a case is by now: unverified, likely, verified … With --other, which incident of "
        "another case is meant by a link on the form.",
        decision="cases:VERIFY",
    ),
)
