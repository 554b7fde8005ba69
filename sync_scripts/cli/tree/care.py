"""The commands under "Care": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli.frame.commands import Entry

__all__ = ["ENTRIES"]

ENTRIES = (
    Entry(
        "quarantine",
        _("Submissions that could not be taken as they are: see why, and try again."),
        members=(
            Entry(
                "list",
                _("List what is put aside, with the reason and what to do."),
                "inflow.repair:list_",
            ),
            Entry(
                "retry",
                _(
                    "Read what was put aside again: all of it, or the entries named. The source is read again; when it is gone, "
                    "--vault takes the sealed bytes instead, which is written down with its reason."
                ),
                "inflow.repair:retry",
            ),
            Entry("show", _("Show one entry."), "inflow.repair:show"),
        ),
    ),
    Entry(
        "rebuild",
        _(
            "Make every table of the register anew from the stored submissions, the decisions and the rules. With "
            "--check nothing is changed: every table is compared byte for byte. With --deep the sealed bytes of every "
            "submission are opened and read again, too; that is written down with its reason."
        ),
        "inflow.repair:rebuild",
    ),
    Entry(
        "retention",
        _(
            "What must not be kept any longer: see it, confirm it by name, and let it be erased. A legal hold stops everything."
        ),
        members=(
            Entry(
                "plan",
                _(
                    "Show what is due to be erased, and by which rule. Nothing is erased. With --confirm a person confirms exactly the "
                    "plan that was shown, by its name, with a reason and a passphrase of their own; dikalo retention run then carries it out."
                ),
                "opening.retention:plan",
                decision="keeping:CONFIRM",
            ),
            Entry(
                "purged",
                _(
                    "Show what pulls told of as gone at a SERVER. Nothing is changed. When you deleted exactly that at the server, --confirm "
                    "says so by the name of the list, with a reason and a passphrase of your own: its tasks are over, and the next deletion is "
                    "told again. What came to the server within the last 30 days is left out, unless --before names a later day."
                ),
                "opening.retention:purged",
            ),
            Entry(
                "run",
                _(
                    "Erase exactly what was confirmed, without the vault: what is sealed is gone at once, the answers are reduced to what "
                    "statistics may keep. What is not what was confirmed any more is left out, with the reason. May be stopped anywhere and "
                    "run again."
                ),
                "opening.retention:run",
            ),
        ),
    ),
    Entry(
        "vault",
        _("Open what is sealed, with a reason that is written down; prove that keys still open."),
        members=(
            Entry(
                "ask",
                _(
                    "Ask that what is sealed of a C4 case, or of an alert of one, be opened: two people open it. Somebody else agrees with "
                    "dikalo approve; then one of the two opens it, for this reason, as long as the rules say. Asks for the everyday passphrase."
                ),
                decision="keeping:ASK",
            ),
            Entry(
                "compare",
                _(
                    "Compare an alert with those that may tell of the same event, sealed places and contacts opened for it; or the "
                    "people of a case with those who may be the same. Nothing of it is kept but the line that says who opened them, "
                    "and why."
                ),
                "opening.vault_comparison:compare",
            ),
            Entry(
                "dossier",
                _(
                    "Make the dossier of a case, with the vault open. Use dikalo cases dossier CODE --purpose PURPOSE --to RECEIVER, which shows it first."
                ),
                "opening.vault_dossier:dossier",
            ),
            Entry(
                "intake",
                _(
                    "Open the encrypted submissions that came and wait sealed, and take them into the register as if they had just come. "
                    "What is opened, by whom and why is written down first. The server is not needed."
                ),
                "opening.vault_reading:intake",
            ),
            Entry("names", "", "opening.vault_reading:names", hidden=True),
            Entry(
                "open",
                _(
                    "Open the sealed answers and files of an alert or a case, or single items. What is opened, by whom and why is "
                    "written down before anything is shown."
                ),
                "opening.vault:open_",
            ),
            Entry(
                "test",
                _(
                    "Prove that a key still opens: a word is sealed and opened again, and the day is kept for doctor."
                ),
                "opening.vault:test",
            ),
        ),
    ),
    Entry(
        "unlock",
        _(
            "Type the everyday passphrase once: for a while, commands in this workspace no longer ask for it. The key is held by "
            "a small process of yours, in memory only; it ends when the time is over, with dikalo lock, and when the computer "
            "slept. Whoever sits at this computer meanwhile can read the register: lock the screen when you leave. The vault "
            "always asks."
        ),
        "setup.passphrases:unlock",
    ),
    Entry(
        "lock",
        _("Forget the everyday key that dikalo unlock keeps, at once; also in the keyring. Asks nothing."),
        "setup.lock:lock",
    ),
    Entry(
        "decrypt",
        _(
            "Open a folder of submissions that ODK Collect encrypted, with the private key of the form. The plain files are "
            "written into the folder given with --into, or else into a new one beside FOLDER, of the same name with "
            "-decrypted: they lie there in the clear, so let it be on an encrypted disk and erase it when it is no longer "
            "needed. Works without a workspace and without internet; with --into, running it again opens only what is new."
        ),
        "setup.form_keys:decrypt",
    ),
)
