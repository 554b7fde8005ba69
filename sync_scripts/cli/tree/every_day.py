"""The commands under "Every day": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli.frame.commands import Entry

__all__ = ["ENTRIES"]

ENTRIES = (
    Entry(
        "sync",
        _(
            "Go the whole round: look at the workspace, pull from every source, see what is overdue, send the open cases to the "
            "phones, check the register, send messages, and say what needs you. A source that is down stops nothing else. Ends "
            "with the worst code of its parts."
        ),
        "inflow.sync:sync",
    ),
    Entry(
        "watch",
        _(
            "Go the round of dikalo sync every 15 minutes until you stop it with Ctrl-C. It works only while this computer is on: "
            "with the laptop off, nobody is woken. After the computer slept for 15 minutes it locks, and asks for the passphrase "
            "again."
        ),
        "inflow.sync:watch",
    ),
    Entry(
        "pull",
        _(
            "Fetch what is new from the sources in dikalo.toml, or from the folders named (a copied phone, a USB stick). "
            "Everything is sealed as it arrives; what cannot be read is put aside, and nothing at the source is changed. "
            "Running it again brings nothing twice."
        ),
        "inflow.pull:pull",
    ),
    Entry(
        "publish",
        _(
            "Send the list of open cases to the phones: into the folder and to the servers of dikalo.toml. It holds codes, "
            "departments, due dates and states, and nothing else; phones fetch it with their next update. Each phone gets the "
            "cases of its team's zone; a case that is sealed (C4) never leaves, one for its owner and the coordination (C3) only "
            "for its owner's team."
        ),
        "inflow.publish:publish",
    ),
    Entry(
        "verify",
        _(
            "Compare what the sources hold with the register, form by form, and check the register itself: database, "
            "chains, sealed files, key pages. Opens nothing and changes nothing. Ends with code 6 when something is damaged or "
            "lost, 5 when a source could not be read, 4 when its account was refused, 3 when something has not been pulled yet."
        ),
        "inflow.pull:verify",
    ),
)
