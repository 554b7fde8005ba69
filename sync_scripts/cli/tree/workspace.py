"""The commands under "Every day", "Setting up" and "Care": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from sync_scripts.cli.frame.commands import Entry, nested

EVERY_DAY = nested(
    Entry(
        "sync",
        "Go the whole round: look at the workspace, pull from every source, see what is overdue, send the open cases to the "
        "phones, check the register, send messages, and say what needs you. A source that is down stops nothing else. Ends "
        "with the worst code of its parts.",
        "inflow.sync:sync",
    ),
    Entry(
        "watch",
        "Go the round of dikalo sync every 15 minutes until you stop it with Ctrl-C. It works only while this computer is on: "
        "with the laptop off, nobody is woken. After the computer slept for 15 minutes it locks, and asks for the passphrase "
        "again.",
        "inflow.sync:watch",
    ),
    Entry(
        "pull",
        "Fetch what is new from the sources in dikalo.toml, or from the folders named (a copied phone, a USB stick). "
        "Everything is sealed as it arrives; what cannot be read is put aside, and nothing at the source is changed. "
        "Running it again brings nothing twice.",
        "inflow.pull:pull",
    ),
    Entry(
        "publish",
        "Send the list of open cases to the phones: into the folder and to the servers of dikalo.toml. It holds codes, "
        "departments, due dates and states, and nothing else; phones fetch it with their next update. Each phone gets the "
        "cases of its team's zone; a case that is sealed (C4) never leaves, one for its owner and the coordination (C3) only "
        "for its owner's team.",
        "inflow.publish:publish",
    ),
    Entry(
        "verify",
        "Compare what the sources hold with the register, form by form, and check the register itself: database, "
        "chains, sealed files, key pages. Opens nothing and changes nothing. Ends with code 6 when something is damaged or "
        "lost, 5 when a source could not be read, 4 when its account was refused, 3 when something has not been pulled yet.",
        "inflow.pull:verify",
    ),
)


SETTING_UP = nested(
    Entry(
        "init",
        "Make a workspace in this folder (or the one named with -C): settings, encrypted register, keys; then ask for servers, "
        "forms, people, zones and deadlines. Have pen and paper ready for the recovery key. In a workspace that is there it asks "
        "only what is missing. Without a terminal, answers come from a file and secrets on descriptors.",
        "setup.init:init",
    ),
    Entry("keys", "Passphrases of workers, logins of the servers, keys of the forms that phones encrypt."),
    Entry(
        "keys form",
        "Make the key pair with which phones encrypt a form. With --use day the register opens what comes by itself; with "
        "--use vault everything waits sealed until a person opens it with dikalo vault intake --reason TEXT. Phones use the key after the "
        "next dikalo forms deploy. Running it again makes no second key.",
        "setup.form_keys:form",
    ),
    Entry(
        "keys holders",
        "Show for whom the register seals. After a change on a shared register (dikalo keys rewrap), another laptop accepts a "
        "change signed with the vault's key and refuses an unsigned one. Compare the fingerprint by voice with the worker who "
        "made the change, then accept it here with --accept.",
        "setup.holders:holders",
    ),
    Entry(
        "keys passphrase",
        "Give a worker a passphrase of their own for this workspace, or change one. The worker types it, and nobody else "
        "learns it; what they decide afterwards is proved by it. Where it takes the place of another one, the everyday key is "
        "changed, too: a copy of keys.json of before opens nothing newer. --remove does the same for a worker who left. "
        "Without a terminal the passphrase comes on the descriptor that DIKALO_NEW_KEY_FD names.",
        "setup.keys:passphrase",
    ),
    Entry(
        "keys rewrap",
        "Change who can open what is sealed: add or replace the head office's key, the recovery key on paper, the vault's own key. "
        "What is sealed from then on opens with the new keys; the key pages of what was sealed before are written again. It may be "
        "cut at any moment: run it again without options to go on.",
        "setup.keys_holders:rewrap",
    ),
    Entry(
        "keys server",
        "Ask for the login of a server, try it, and keep it encrypted in the workspace. Give pull an account that may "
        "only read: the laptop that pulls may be seized. Without a terminal the login comes on the descriptor that "
        "DIKALO_SERVER_FD names, or from the file that DIKALO_SERVER_FILE names: a token, or account and password with "
        "a tab between them.",
        "setup.keys:server",
    ),
    Entry(
        "demo",
        "Show the whole product on invented data: forms go to a simulated phone, filled forms come back, a sealed "
        "register, alerts rated with reasons, a follow-up workbook. Needs no network and no Java.",
        "setup.training:demo",
    ),
    Entry(
        "doctor",
        "Look at this computer and this workspace: programs, key slots, holders, disk space, clear text left lying. "
        "Changes nothing. Ends with code 3 when something must be done now.",
        "setup.doctor:doctor",
    ),
    Entry(
        "classroom",
        "Serve the forms to phones without Internet, for a training on invented data. What they send is kept in clear "
        "text in a folder of its own. Stop with Ctrl-C.",
        "setup.training:classroom",
    ),
    Entry("kit", "What is handed to an office beside the program."),
    Entry(
        "kit offline",
        "Make a folder that installs dikalo on computers without a network: the program and all it needs, as locked versions that are "
        "checked by their hashes, scripts in French and English, the forms and the pages. It needs the network once, here. Stopped in the "
        "middle, the next run goes on. About 500 MB for Linux, Windows and macOS with Python 3.11 to 3.13.",
        "setup.kits:offline_kit",
    ),
    Entry(
        "phones",
        "The accounts of phones at the servers, one a person and known by the worker's code. They use the login of the "
        "role publish (dikalo keys server NAME --role publish).",
    ),
    Entry(
        "phones add",
        "Give the phone of a person (CODE, never a name) an account and the forms of dikalo.toml, least rights: those of its "
        "team and those for all, no other team's. Again adds forms that are missing. On KoboToolbox the account of that name "
        "must exist; it is allowed to send and nothing else. The token is a secret: it is shown only with --reveal; dikalo qr CODE asks for it.",
        "setup.phones:_add",
    ),
    Entry(
        "phones list",
        "Show which phones may fetch and send, with which forms, and whose team they are.",
        "setup.phones:_list",
    ),
    Entry(
        "phones lost",
        "A phone is lost or was taken: lock it out everywhere first, then show what it sent and which cases stand in the "
        "lists it held, so that those people can be warned. It waits for no other command: a pull that goes on keeps no door "
        "open.",
        "setup.phones:lost",
    ),
    Entry(
        "phones revoke",
        "Lock a phone out of every server, and look whether it is. What lies on the phone stays there. On KoboToolbox its "
        "rights on the forms are taken; its password is changed by the person or the administrator in a browser. It waits for "
        "no other command: a pull that goes on keeps no door open.",
        "setup.phones:revoke",
    ),
    Entry(
        "qr",
        "Make the code that sets up the phone of one person (CODE, never a name), or of a classroom. The code holds the "
        "access to the server in clear: nothing is drawn or written unless you ask for it. The token or password is asked "
        "for, or read from the descriptor that DIKALO_PHONE_FD names; it is not kept.",
        "forms.qr:qr",
    ),
    Entry(
        "guide",
        "Show the pages of the documentation, offline. With PAGE that page, as text; a long one is read screen by screen with "
        "| more behind the command. Without it the list of pages, each with its file.",
        "setup.guide:guide",
    ),
)


CARE = nested(
    Entry(
        "backup",
        "Make a backup on a USB stick or another disk: the register under a fresh key, and the sealed files that are not there "
        "yet. It is read back and checked before it counts, and opens with the recovery key, the organisation's or the vault's. "
        "Stopped in the middle, the next one goes on. A backup stays a week, the last of each week 35 days, the newest two "
        "always. After an erasure, the next backup removes every older one.",
        "inflow.backup:backup",
    ),
    Entry(
        "restore",
        "Make a workspace again in this folder (or the one named with -C) from a backup, on any computer: with the recovery key on paper "
        "(--key paper), the organisation's key or the vault passphrase. It gets new passphrases; those of the computer that is gone open nothing "
        "here. Stopped in the middle, the next run goes on. What was erased since does not come back. With --rehearse nothing is changed.",
        "opening.restore:restore",
    ),
    Entry("quarantine", "Submissions that could not be taken as they are: see why, and try again."),
    Entry(
        "quarantine list", "List what is put aside, with the reason and what to do.", "inflow.repair:list_"
    ),
    Entry(
        "quarantine retry",
        "Read what was put aside again: all of it, or the entries named. The source is read again; when it is gone, "
        "--vault takes the sealed bytes instead, which is written down with its reason.",
        "inflow.repair:retry",
    ),
    Entry("quarantine show", "Show one entry.", "inflow.repair:show"),
    Entry(
        "rebuild",
        "Make every table of the register anew from the stored submissions, the decisions and the rules. With "
        "--check nothing is changed: every table is compared byte for byte. With --deep the sealed bytes of every "
        "submission are opened and read again, too; that is written down with its reason.",
        "inflow.repair:rebuild",
    ),
    Entry(
        "retention",
        "What must not be kept any longer: see it, confirm it by name, and let it be erased. A legal hold stops everything.",
    ),
    Entry(
        "retention plan",
        "Show what is due to be erased, and by which rule. Nothing is erased. With --confirm a person confirms exactly the "
        "plan that was shown, by its name, with a reason and a passphrase of their own; dikalo retention run then carries it out.",
        "opening.retention:plan",
        decision="keeping:CONFIRM",
    ),
    Entry(
        "retention purged",
        "Show what pulls told of as gone at a SERVER. Nothing is changed. When you deleted exactly that at the server, --confirm "
        "says so by the name of the list, with a reason and a passphrase of your own: its tasks are over, and the next deletion is "
        "told again. What came to the server within the last 30 days is left out, unless --before names a later day.",
        "opening.retention:purged",
        decision="intake.places.purged:PURGED",
    ),
    Entry(
        "retention run",
        "Erase exactly what was confirmed, without the vault: what is sealed is gone at once, the answers are reduced to what "
        "statistics may keep. What is not what was confirmed any more is left out, with the reason. May be stopped anywhere and "
        "run again.",
        "opening.retention:run",
    ),
    Entry("vault", "Open what is sealed, with a reason that is written down; prove that keys still open."),
    Entry(
        "vault ask",
        "Ask that what is sealed of a C4 case, or of an alert of one, be opened: two people open it. Somebody else agrees with "
        "dikalo approve; then one of the two opens it, for this reason, as long as the rules say. Asks for the everyday passphrase.",
        decision="keeping:ASK",
    ),
    Entry(
        "vault compare",
        "Compare an alert with those that may tell of the same event, sealed places and contacts opened for it; or the "
        "people of a case with those who may be the same. Nothing of it is kept but the line that says who opened them, "
        "and why.",
        "opening.vault_comparison:compare",
    ),
    Entry(
        "vault dossier",
        "Make the dossier of a case, with the vault open. Use dikalo cases dossier CODE --purpose PURPOSE --to RECEIVER, which shows it first.",
        "opening.vault_dossier:dossier",
    ),
    Entry(
        "vault intake",
        "Open the encrypted submissions that came and wait sealed, and take them into the register as if they had just come. "
        "What is opened, by whom and why is written down first. The server is not needed.",
        "opening.vault_reading:intake",
    ),
    Entry("vault names", "", "opening.vault_reading:names", hidden=True),
    Entry(
        "vault open",
        "Open the sealed answers and files of an alert or a case, or single items. What is opened, by whom and why is "
        "written down before anything is shown.",
        "opening.vault:open_",
    ),
    Entry(
        "vault test",
        "Prove that a key still opens: a word is sealed and opened again, and the day is kept for doctor.",
        "opening.vault:test",
    ),
    Entry(
        "unlock",
        "Type the everyday passphrase once: for a while, commands in this workspace no longer ask for it. The key is held by "
        "a small process of yours, in memory only; it ends when the time is over, with dikalo lock, and when the computer "
        "slept. Whoever sits at this computer meanwhile can read the register: lock the screen when you leave. The vault "
        "always asks.",
        "setup.passphrases:unlock",
    ),
    Entry(
        "lock",
        "Forget the everyday key that dikalo unlock keeps, at once; also in the keyring. Asks nothing.",
        "setup.lock:lock",
    ),
    Entry(
        "panic",
        "The computer is about to be taken: destroy at once what opens the register on it (all passphrases, the key kept for a while, "
        "entries in the keyring), then end the tokens of KoboToolbox, where somebody had unlocked and there is a network. Nothing that "
        "is sealed is touched: the recovery key or the organisation's key bring it back, with a backup. Waits for no other command.",
        "setup.panic:panic",
    ),
    Entry(
        "decrypt",
        "Open a folder of submissions that ODK Collect encrypted, with the private key of the form. The plain files are "
        "written into the folder given with --into, or else into a new one beside FOLDER, of the same name with "
        "-decrypted: they lie there in the clear, so let it be on an encrypted disk and erase it when it is no longer "
        "needed. Works without a workspace and without internet; with --into, running it again opens only what is new.",
        "setup.form_keys:decrypt",
    ),
)
