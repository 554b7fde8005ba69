"""What can go wrong in the store, each in words of its own. None of them ever holds a stored value."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import (
    N_,
    Damaged,
    Declined,
    DikaloError,
    NotAllowed,
    Unreachable,
    UsageProblem,
    in_words,
)

StoreLocked: Final = DikaloError.declare(
    "DK-S01",
    'Another command is writing to this register: "{command}" (process {pid}), since {since}. Nothing was done. '
    "Wait until it has ended and run this one again.",
)
DatabaseFailed: Final = DikaloError.declare(
    "DK-S02",
    "The database refused the work ({kind}, {state}, {rule}). What was begun was undone and nothing is lost. Run "
    "the command again; if it happens again, report these three words.",
)
DiskFull: Final = DikaloError.declare(
    "DK-S03",
    "The disk is full. What was begun was undone; what was stored before is safe. Free some space where the "
    "workspace, or what you let be written, lies, and run the command again: it goes on where it stopped.",
)
StoreBusy: Final = DikaloError.declare(
    "DK-S04",
    "The register was busy with another writer for more than 30 seconds. Nothing was done. Wait a moment and run "
    "the command again.",
)
StoreCrossed: Final = DikaloError.declare(
    "DK-S36",
    "Another program, such as a backup or a tool of the database's administrator, changed the register at the same "
    "moment, and the database stopped one of the two. Nothing was done. Run the command again.",
)
RegisterNewer: Final = DikaloError.declare(
    "DK-S05",
    "This register was written by a newer dikalo (layout {found}; this one knows {known}). Nothing was read or "
    "changed. Install the newer dikalo and run the command again.",
)
RegisterMissing: Final = Damaged.declare(
    "DK-S06",
    "The file register.db is missing from this workspace. Nothing was done. Put it back from your last backup; "
    "do not run init here.",
)
ClockApart: Final = DikaloError.declare(
    "DK-S14",
    "This computer says that it is {ours}, the server of the register says {theirs} (both UTC). Nothing was written: deadlines of "
    "everybody would count from a wrong time. Set the clock and the time zone of this computer, then run the command again. If the "
    "server's clock is the wrong one, its administrator sets it.",
)
RegisterDamaged: Final = Damaged.declare(
    "DK-S07",
    "The register cannot be read: its file is damaged or belongs to other keys. Nothing was changed. Copy the "
    "whole workspace somewhere safe first, then put register.db back from your last backup.",
)
RegisterReplaced: Final = DikaloError.declare(
    "DK-S56",
    "Somebody changed a passphrase, or took a worker's away, while this command was waiting or running: the everyday key was "
    "changed, and the register rewritten. The register is not damaged, and this command has written nothing since. Run it again "
    "with your current passphrase.",
)
DayKeyUnfinished: Final = DikaloError.declare(
    "DK-S58",
    "The everyday key is changed, but the register is not written again under the new one yet: there is no room for a second "
    "copy of it, or another program reads it. Until then an earlier keys.json still opens it with the passphrase it had. "
    "Nothing is lost, and all current passphrases work. Make room, close what shows the register (a page in a browser), and run "
    "any command that writes, such as dikalo pull: it finishes the change.",
)
DatabaseUnreachable: Final = Unreachable.declare(
    "DK-S08",
    "The PostgreSQL register does not answer or does not let this account in ({state}). Nothing was done. Check "
    "the network and the line url under [register] in dikalo.toml, then run the command again.",
)
AccountMayNot: Final = NotAllowed.declare(
    "DK-S52",
    "The account of the database that this laptop uses has not the right to do this. What was begun was undone and "
    "nothing is lost. After a new version of dikalo, whoever owns the tables runs dikalo once with their account first; else "
    "ask the administrator for the rights that dikalo guide keys lists.",
)
DriverMissing: Final = UsageProblem.declare(
    "DK-S09",
    'This register is on PostgreSQL and the driver for it is not installed. Nothing was done. Install "dikalo'
    '[postgres]" and run the command again.',
)
WorkspaceExists: Final = UsageProblem.declare(
    "DK-S10",
    "There is already a workspace in this folder. Nothing was done. Choose another folder: a workspace is never "
    "overwritten.",
)
RegisterTaken: Final = UsageProblem.declare(
    "DK-S11",
    "That PostgreSQL database already holds a register with other keys. Nothing was done. Name an empty database "
    "under [register].",
)
DemoAndRealMixed: Final = Damaged.declare(
    "DK-S12",
    "The keys and the register of this workspace do not agree on whether it is a demonstration. Nothing was done. "
    "A demonstration can never become a real workspace: make a new one with dikalo init.",
)
WorkspaceMixed: Final = Damaged.declare(
    "DK-S13",
    "dikalo.toml, keys.json and the register do not belong to one workspace. Nothing was done. Put back the three "
    "of one backup.",
)
TooFewRecipients: Final = NotAllowed.declare(
    "DK-S20",
    "Sealed data must open for at least two holders (vault passphrase, recovery key, organisation), and here there "
    "would be {found}. Nothing was done. Give another holder: the public key of the head office (--organisation AGE1…) or of a recovery "
    "key made elsewhere (--recovery AGE1…); in a file of answers: organisation = or recovery =.",
)
RecipientUnsuitable: Final = UsageProblem.declare(
    "DK-S21",
    "The public key given for {holder} is not an age key: it must begin with age1 and be copied whole. Nothing was "
    "done.",
)
RecipientsChanged: Final = Damaged.declare(
    "DK-S22",
    "The public keys for which data are sealed are not those fixed when this workspace was made. Nothing was "
    "sealed or pulled. Somebody changed them: tell the person responsible for security before you go on.",
)
HoldersUnaccepted: Final = RecipientsChanged.declare(
    "DK-S50",
    "The public keys for which this register seals are not those that your passphrase knows, and the vault's key did not "
    "sign the change. Nothing was sealed or pulled, and nothing is lost: it waits at its source. If a colleague changed them "
    "(dikalo keys rewrap): look at them with dikalo keys holders, compare the fingerprint with that colleague by voice, then "
    "dikalo keys holders --accept. If nobody of yours did, somebody who has your everyday key did: pull nothing, take this "
    "computer off the network, and tell the person responsible for security.",
)
HoldersUncompared: Final = NotAllowed.declare(
    "DK-S26",
    "A recovery key or an organisation's key was typed, and no passphrase here says for whom this register may seal. Nothing was "
    "sealed or changed. Compare the fingerprint of the holders with the one on your paper, or by voice: add --holders "
    "FINGERPRINT, or answer the question in a terminal.",
)
HoldersOther: Final = RecipientsChanged.declare(
    "DK-S27",
    "The register seals for holders with another fingerprint than the one you gave. Nothing was sealed or changed. Read both "
    "once more (dikalo keys holders); if they differ, tell the person responsible for security before you go on.",
)
VaultEarlier: Final = NotAllowed.declare(
    "DK-S57",
    "This vault passphrase opens an earlier key of the vault: a colleague changed the key since, on another laptop (dikalo keys "
    "holders says who and when). Nothing was opened, and nothing is lost. Open the vault there, or here with the paper or the "
    "head office's key (--key). If nobody changed it, day.age is damaged: restore your last backup into a new folder (dikalo -C "
    "NEW restore FOLDER).",
)
RecipientsUnproven: Final = NotAllowed.declare(
    "DK-S25",
    "Only {found} holder has shown that he can open sealed data, and two must have; the 14 days for it are over. "
    "Nothing was sealed or pulled. Run dikalo vault test with another key: --key paper, or --key organisation.",
)
SealingFailed: Final = DikaloError.declare(
    "DK-S23",
    "Sealing did not work, so nothing was stored. Run dikalo doctor; it says what is missing.",
)
PageForgotten: Final = DikaloError.declare(
    "DK-S24",
    "The program nearly dropped the keys of what it had sealed, and stopped. Nothing was stored. Please report "
    "this code.",
)
ItemDamaged: Final = Damaged.declare(
    "DK-S30",
    "The sealed item {item} is damaged, or it is not the item of its row. It was not shown. Put the register back "
    "from your last backup, or ask for help with this number.",
)
PageUnopened: Final = Damaged.declare(
    "DK-S31",
    "The key page {page} does not open with this key: it is damaged or was sealed to others. Nothing of it was "
    "shown. Try the key of another holder; if that fails too, put the register back from your last backup.",
)
SealedFileLost: Final = Damaged.declare(
    "DK-S32",
    "The sealed file {file} is missing or damaged. It was not shown. Put it back from your last backup: its name "
    "is the SHA-256 of its content, so any right copy will do.",
)
ChainBroken: Final = Damaged.declare(
    "DK-S33",
    "The chain of {chain} is broken at number {seq}: a line was changed, removed or added outside dikalo. Nothing "
    "was changed now. Keep a copy of the workspace and tell the person responsible for security.",
)
ReasonNeeded: Final = UsageProblem.declare(
    "DK-S34",
    "A reason is needed to open sealed data: it is written down before anything is shown. Nothing was opened. Add "
    '--reason "…"; on the page of an alert or case it stands behind --open.',
)
NothingSealed: Final = Declined.declare(
    "DK-S35",
    "Nothing sealed was found for {subject}. Nothing was opened. If the code is right, nothing of it is sealed "
    "here, not even a number to call: its page says all that is known. Otherwise look for the code with dikalo alerts list "
    "or dikalo cases list.",
)
TextIdentifies: Final = UsageProblem.declare(
    "DK-R44",
    "The text seems to hold {what}, and it would be kept unsealed. Nothing was changed. Say it without.",
    shown={
        "what": in_words({"phone": N_("a telephone number"), "coordinates": N_("the coordinates of a place")})
    },
)
