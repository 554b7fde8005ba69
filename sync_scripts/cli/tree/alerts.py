"""The commands about alerts: name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli.frame.commands import Entry

__all__ = ["ALERTS"]

ALERTS = Entry(
    "alerts",
    _("Alerts: see them, triage them, open cases from them."),
    members=(
        Entry(
            "ask",
            _("Ask the focal point for more before you decide; triage the alert again afterwards."),
            decision="alerts:ASK",
        ),
        Entry("assign", _("Give an alert, and what is due in it, to a worker."), decision="alerts:ASSIGN"),
        Entry(
            "contacted",
            _(
                "Say that the person of an alert was reached. It ends the task of the first contact. With --undo, take it back: the wrong "
                "code was typed; then the task is due as before."
            ),
            decision="alerts:CONTACTED",
        ),
        Entry(
            "decide",
            _(
                "Say of two alerts whether they tell of one event: same_event, related or not_same; or of an alert and each of a group, "
                "by the mark under which dikalo alerts links CODE has shown it. All alerts are kept; not_same is remembered and never "
                "proposed again."
            ),
            decision="alerts:DECIDE",
        ),
        Entry(
            "dismiss",
            _(
                "Dismiss a triaged alert, with a reason. A critical or high one is only proposed: a second person signs it with "
                "dikalo approve."
            ),
            decision="alerts:DISMISS",
        ),
        Entry(
            "link",
            _(
                "Tie a triaged alert to a case that is open. With the code of another alert: set it aside as its duplicate, once "
                "it was decided that both tell of one event; an urgent one is, where the other's case is less urgent, only "
                "proposed, with a reason, and a second person signs it with dikalo approve."
            ),
            decision="alerts:LINK",
        ),
        Entry(
            "links",
            _(
                "Show which alerts may tell of one event, in groups, and why; with a CODE side by side what is beside this alert. The "
                "rules only propose: decide with dikalo alerts decide CODE CODE DECISION, or on a whole group by its mark."
            ),
            "work.links:alert_links",
        ),
        Entry(
            "list",
            _("List the alerts on which something is to be decided, what is due first at the top."),
            "work.lists:list_alerts",
        ),
        Entry(
            "move",
            _(
                "Move an alert that has a case, or was referred out, to another case that is open: how a wrong link, opening or referral "
                "is put right. Without CASE and with --owner, a new case is opened for it."
            ),
            decision="alerts:MOVE",
        ),
        Entry(
            "new",
            _(
                "Enter an alert that came by telephone, message or visit: the questions of the alert form, one by one. It is "
                "sealed, triaged and shown like an alert from a phone."
            ),
            "work.desk:new_alert",
        ),
        Entry(
            "open", _("Open a new case from a triaged alert and give it to a worker."), decision="alerts:OPEN"
        ),
        Entry(
            "refer",
            _(
                "Refer an alert to a provider (their codes: dikalo providers list) instead of opening a case. It needs the person's "
                "consent; for a vital interest two people sign."
            ),
            decision="alerts:REFER",
        ),
        Entry(
            "show",
            _("Show one alert: where it stands, why it is so urgent, what is due, what was decided."),
            "work.alert_page:show_alert",
        ),
        Entry(
            "task",
            _(
                "List what is due and what is to be looked at, each with its id; end one that no fact ends (--done), open it "
                "again, give it to somebody, or raise a remark of your own (--flag)."
            ),
            "work.history:tasks",
            decision="tasks:OF_ALERT",
        ),
        Entry(
            "triage",
            _("Say that you saw the result of the rules, and let it stand or set another level."),
            decision="alerts:TRIAGE",
        ),
        Entry(
            "unlink",
            _("Take back that an alert is a duplicate: it is triaged again. It needs a reason."),
            decision="alerts:UNLINK",
        ),
    ),
)
