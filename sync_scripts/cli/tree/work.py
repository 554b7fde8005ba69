"""The commands under "Work": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from sync_scripts.cli.frame.commands import Entry, nested
from sync_scripts.cli.tree.records import ALERTS, CASES

ENTRIES = nested(
    *ALERTS,
    *CASES,
    Entry(
        "consent",
        "What people agreed to: see it, record it again, withdraw it, override it for a vital interest.",
    ),
    Entry(
        "consent override",
        "Propose to act without consent because a life is at stake: services (or document, refer_identity), for 72 hours at "
        "most. A second person signs it with dikalo approve. Never for court, advocacy, the United Nations, media, statistics. "
        "Within 30 days it comes once more, with somebody else's signature, and then no more.",
        decision="consents:OVERRIDE",
    ),
    Entry(
        "consent record",
        "Record what a person answered when asked, or asked again: PURPOSE=ANSWER, such as services=yes "
        '"refer_identity=health legal" un=anonymous stats=no. For an alert: given, refused or unable.',
        decision="consents:RECORD",
    ),
    Entry(
        "consent show",
        "Show what was agreed to in a case or alert, and what may leave because of it.",
        "work.consent:show_consent",
    ),
    Entry(
        "consent withdraw",
        "Take back what a person agreed to, everything or some purposes; or, with its code, the consent of an alert. At once: "
        "off the phones, facts out of workbooks, waiting messages taken back; tasks say whom to tell, and, where nothing may be "
        "documented any more, to erase within 30 days.",
        decision="consents:WITHDRAW",
    ),
    Entry(
        "approve",
        "Decide as the second person. Without a CODE, or with list: what waits. With the CODE of a proposal, an alert or a "
        "case: sign it, in a run of your own with a passphrase of your own. A closure is decided the same way.",
        "work.approve:waiting",
        decision="signing:APPROVE",
    ),
    Entry(
        "log",
        "Read what was decided, and what was opened of what is sealed: when, by whom, what and why. With the CODE of an "
        "alert or a case, all that belongs to it. A code that was only typed is marked as not proved.",
        "work.history:log",
    ),
    Entry("evidence", "Evidence: add what was brought to the office to a case."),
    Entry(
        "evidence add",
        "Seal a file into a case: a photo, a recording, a certificate. It gets a number (E1, E2…) and a line in the "
        "chain of custody. The file itself is not changed, and not deleted: remove it yourself once it is sealed.",
        "work.desk:add_evidence",
    ),
    Entry(
        "evidence move",
        "Say where a piece of evidence of a case is by now: sealed, working_copy, shared (with --purpose and --to), retained. "
        "Or of which one it is the redacted copy. purged is refused: it is erased with its case or its person (dikalo retention plan, dikalo person erase CODE).",
        decision="evidence:MOVE",
    ),
    Entry(
        "person",
        "What a person may ask for: correct what is kept about her, withdraw what she agreed to, be erased.",
    ),
    Entry(
        "person correct",
        "Lay a corrected value over one that a form collected: FIELD is entity.field, or person.V2.age where several are "
        "there. What was collected is kept and both are shown, and no deadline of law or medicine moves later. Sealed answers "
        "cannot be corrected here.",
        decision="people:CORRECT",
    ),
    Entry(
        "person decide",
        "Say whether two people, each named by case and pseudonym (DK-… V1), are the same; or of a person and each of a group, by "
        "the mark under which dikalo person links CODE has shown it. All are kept as they are; their cases say it. Decide again to "
        "change it.",
        decision="people:DECIDE",
    ),
    Entry(
        "person erase",
        "Erase what identifies the person of a case, at once and for good: everything that is sealed, and of the answers all but "
        "what statistics may keep; this needs no vault. Where the case is about others, too, only that person's own answers "
        "are taken out: the vault is opened, and you say which of the texts that are nobody's alone are emptied as well. Asks for a "
        "passphrase of your own. A legal hold stops it.",
        decision="intake.person_erasing:ERASE",
        opens="opening.vault_reading:for_erasing",
    ),
    Entry(
        "person links",
        "Show who may be one person in two cases, or in two forms of one case, in groups, side by side and why. A telephone or a "
        "document may be the same; only opening both proves it. Nothing is joined by rule: decide with dikalo person decide CODE V1 CODE V1 DECISION, "
        "or on a whole group by its mark.",
        "work.links:person_links",
    ),
    Entry(
        "person shared",
        "Say to whom something of a case was given, when, for which purpose and by whom: dossiers, referrals, evidence. With "
        "--person only what is about her. What a phone alone reported of a referral stands with the services of the case.",
        "work.consent:shared",
    ),
    Entry(
        "person withdraw",
        "Take back what a person agreed to, everything or some purposes; or, with its code, the consent of an alert. At once: "
        "off the phones, facts out of workbooks, waiting messages taken back; tasks say whom to tell, and, where nothing may be "
        "documented any more, to erase within 30 days.",
        decision="consents:OF_PERSON",
    ),
    Entry("providers", "The directory of services: list it, add to it, check it, import it from a file."),
    Entry(
        "providers add",
        "Add a provider, or change one: what is not said stays. An address is never taken, a shelter's least of all.",
        decision="providers:ADD",
    ),
    Entry(
        "providers import",
        "Take a directory from a CSV file: code, name, services, and if you like department, opening, contact, verified_on, "
        "on_phones; or the file that was sent to phones. Bad rows are listed, and then nothing is written.",
        "work.directory:bad_rows",
        decision="providers:IMPORT",
    ),
    Entry(
        "providers list",
        "List the directory; what nobody checked for 90 days is marked.",
        "work.directory:list_providers",
    ),
    Entry(
        "providers verify",
        "Say that somebody called and the entry is right, today or on another day.",
        decision="providers:VERIFY",
    ),
    Entry("people", "Who works here, by code and never by name: list them, add one, retire one."),
    Entry(
        "people add",
        "Name a colleague by code, with roles; again to change the roles, or to take somebody back.",
        decision="people:ADD",
    ),
    Entry(
        "people list",
        "List who works here, with their roles and what is in their hands.",
        "work.directory:list_people",
    ),
    Entry(
        "people retire",
        "Say that somebody no longer works here: put in charge of nothing more, signing nothing more. What is open stays visible.",
        decision="people:RETIRE",
    ),
    Entry("followup", "Hand out the follow-up workbook, take it back, settle what is open."),
    Entry(
        "followup conflicts",
        "List what imports left open: two people changed one value, a cell was emptied, a date is doubtful, a text or a row "
        "is held in its file. With --to the questions go into a workbook; importing it settles them.",
        "work.workbook_conflicts:conflicts_command",
    ),
    Entry(
        "followup export",
        "Write the follow-up workbook: what is overdue, every open case, actions and referrals. It holds no name, no "
        "phone number and no narrative, and is locked with a password unless you say otherwise.",
        "work.workbook_export:export_command",
    ),
    Entry(
        "followup import",
        "Read a follow-up workbook that came back. Shows what it would change; writes only with --apply, all of it or "
        "nothing. What two people changed differently, emptied cells and doubtful dates wait for a person, in a workbook "
        "of conflicts that is imported the same way.",
        "work.workbook_import:import_command",
    ),
    Entry("reviews", "What is decided here, shown to people who look at the server."),
    Entry(
        "reviews push",
        "Write what was decided of alerts and cases to the servers that have reviews = true in dikalo.toml: as review "
        "state on ODK Central, as validation status on KoboToolbox. Only that one word is written, only where it differs, "
        "never over a word that somebody else set, and never over an edit that nobody has looked at here. It is off unless "
        "the setting and a login for it are there (dikalo keys server SERVER --role review).",
        "inflow.publish:push",
    ),
    Entry("notify", "Messages to people about what is urgent: try them out, see what waits, send it."),
    Entry(
        "notify flush",
        "Write down who is to be told of what is still undone, and send every message whose time has come; sync and watch do the "
        "same.",
        "setup.notify:flush",
    ),
    Entry(
        "notify list",
        "List the messages: what waits, what was sent, what could not be delivered.",
        "setup.notify:list_",
    ),
    Entry(
        "notify test",
        "Send a test message to a destination of dikalo.toml, or to all. Where the coordination is not named there, it offers to "
        "name it. An address that is not yet known is asked for, and kept in the encrypted register when the message went through. Without a terminal it comes on the descriptor that "
        "DIKALO_NOTIFY_FD names.",
        "setup.notify:test",
    ),
)
