"""The commands under "Setting up": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from gettext import gettext as _

from sync_scripts.cli.frame.commands import Entry

__all__ = ["ENTRIES"]

ENTRIES = (
    Entry(
        "init",
        _(
            "Make a workspace in this folder (or the one named with -C): settings, encrypted register, keys; then ask for servers, "
            "forms, people, zones and deadlines. Have pen and paper ready for the recovery key. In a workspace that is there it asks "
            "only what is missing. Without a terminal, answers come from a file and secrets on descriptors."
        ),
        "setup.init:init",
    ),
    Entry(
        "keys",
        _("Passphrases of workers, logins of the servers, keys of the forms that phones encrypt."),
        members=(
            Entry(
                "form",
                _(
                    "Make the key pair with which phones encrypt a form. With --use day the register opens what comes by itself; with "
                    "--use vault everything waits sealed until a person opens it with dikalo vault intake --reason TEXT. Phones use the key after the "
                    "next dikalo forms deploy. Running it again makes no second key."
                ),
                "setup.form_keys:form",
            ),
            Entry(
                "holders",
                _(
                    "Show for whom the register seals. When a colleague changed that on a shared register (dikalo keys rewrap), another laptop "
                    "refuses to open it: compare the fingerprint with that colleague by voice, then accept it here with --accept."
                ),
                "setup.keys:holders",
            ),
            Entry(
                "passphrase",
                _(
                    "Give a worker a passphrase of their own for this workspace, or change one. The worker types it, and nobody else "
                    "learns it; what they decide afterwards is proved by it. Without a terminal it comes on the descriptor that "
                    "DIKALO_NEW_KEY_FD names."
                ),
                "setup.keys:passphrase",
            ),
            Entry(
                "rewrap",
                _(
                    "Change who can open what is sealed: add or replace the head office's key, the recovery key on paper, the vault's own key. "
                    "What is sealed from then on opens with the new keys; the key pages of what was sealed before are written again. It may be "
                    "cut at any moment: run it again without options to go on."
                ),
                "setup.keys_holders:rewrap",
            ),
            Entry(
                "server",
                _(
                    "Ask for the login of a server, try it, and keep it encrypted in the workspace. Give pull an account that may "
                    "only read: the laptop that pulls may be seized. Without a terminal the login comes on the descriptor that "
                    "DIKALO_SERVER_FD names, or from the file that DIKALO_SERVER_FILE names: a token, or account and password with "
                    "a tab between them."
                ),
                "setup.keys:server",
            ),
        ),
    ),
    Entry(
        "demo",
        _(
            "Show the whole product on invented data: forms go to a simulated phone, filled forms come back, a sealed "
            "register, alerts rated with reasons, a follow-up workbook. Needs no network and no Java."
        ),
        "setup.training:demo",
    ),
    Entry(
        "doctor",
        _(
            "Look at this computer and this workspace: programs, key slots, holders, disk space, clear text left lying. "
            "Changes nothing. Ends with code 3 when something must be done now."
        ),
        "setup.doctor:doctor",
    ),
    Entry(
        "classroom",
        _(
            "Serve the forms to phones without Internet, for a training on invented data. What they send is kept in clear "
            "text in a folder of its own. Stop with Ctrl-C."
        ),
        "setup.training:classroom",
    ),
    Entry(
        "phones",
        _(
            "The accounts of phones at the servers, one a person and known by the worker's code. They use the login of the "
            "role publish (dikalo keys server NAME --role publish)."
        ),
        members=(
            Entry(
                "add",
                _(
                    "Give the phone of a person (CODE, never a name) an account and the forms of dikalo.toml, least rights: those of its "
                    "team and those for all, no other team's. Again adds forms that are missing. On KoboToolbox the account of that name "
                    "must exist; it is allowed to send and nothing else. The token is a secret: it is shown only with --reveal; dikalo qr CODE asks for it."
                ),
                "setup.phones:_add",
            ),
            Entry(
                "list",
                _("Show which phones may fetch and send, with which forms, and whose team they are."),
                "setup.phones:_list",
            ),
            Entry(
                "lost",
                _(
                    "A phone is lost or was taken: lock it out everywhere first, then show what it sent and which cases stand in the "
                    "lists it held, so that those people can be warned. It waits for no other command: a pull that goes on keeps no door "
                    "open."
                ),
                "setup.phones:lost",
            ),
            Entry(
                "revoke",
                _(
                    "Lock a phone out of every server, and look whether it is. What lies on the phone stays there. On KoboToolbox its "
                    "rights on the forms are taken; its password is changed by the person or the administrator in a browser. It waits for "
                    "no other command: a pull that goes on keeps no door open."
                ),
                "setup.phones:revoke",
            ),
        ),
    ),
    Entry(
        "qr",
        _(
            "Make the code that sets up the phone of one person (CODE, never a name), or of a classroom. The code holds the "
            "access to the server in clear: nothing is drawn or written unless you ask for it. The token or password is asked "
            "for, or read from the descriptor that DIKALO_PHONE_FD names; it is not kept."
        ),
        "forms.qr:qr",
    ),
    Entry(
        "guide",
        _(
            "Show the pages of the documentation, offline. With PAGE that page, as text; a long one is read screen by screen with "
            "| more behind the command. Without it the list of pages, each with its file."
        ),
        "setup.guide:guide",
    ),
)
