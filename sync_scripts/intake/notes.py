"""What a person should know of a pull: of files, versions, forms and servers. Counted, in words; never an answer."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Attention


class Noted(Attention, count=1, harmless=False):
    """Something that a person should know; counted, and the pull goes on. ``harmless``: no reason to end with exit code 3."""


# --- what could not be taken, or not as it is --------------------------------------------------------------------------

FileMissing: Final = Noted.declare(
    "DK-I30",
    "Files named in the answers have not arrived yet: {count}. They are taken at the next pull once they are "
    "there; ask the enumerator to send again while the phone still has them.",
    harmless=True,
)
FileEmpty: Final = Noted.declare(
    "DK-I31",
    "Files that hold nothing: {count}. They were probably cut off while they were copied; copy them again from the "
    "phone, then run the pull again.",
)
FileTooLarge: Final = Noted.declare(
    "DK-I32",
    "Files larger than a pull takes by itself (100 MB), not taken: {count}. They stay where they are, and every pull says "
    "so. Take them with dikalo pull --largest-file MB, and delete nothing there before.",
)
HostileName: Final = Noted.declare(
    "DK-I33",
    "Files whose name could do harm on a computer (a path, hidden signs, a name reserved by Windows, more than 255 "
    "signs): {count}. The name is kept sealed and never used; find out where the files come from.",
)
SameName: Final = Noted.declare(
    "DK-I34",
    "Files that bear the name of another file of the same submission: {count}. The first one was taken; give the "
    "others another name and add them again.",
)
FileUnread: Final = Noted.declare(
    "DK-I35",
    "Files that were listed and could not be read: {count}. They are tried again. If it lasts: of a USB stick or a phone, check "
    "the cable and the rights of the folder; of a server, tell its administrator.",
)
SubmissionUnread: Final = Noted.declare(
    "DK-I36",
    "Submissions that were listed and could not be read: {count}. They are tried again at the next pull. If it lasts: of "
    "a USB stick or a phone, check the cable and the rights of the folder; of a server, tell its administrator.",
)
NotAskedFor: Final = Noted.declare(
    "DK-N38",
    "Submissions and files that were not asked for any more in this pull: {count}. The server answers, but handed over none "
    "of many that stand before them. They wait, and the next pulls go on with them. Tell the administrator of the server.",
)
MoreMeanwhile: Final = Noted.declare(
    "DK-N64",
    "More submissions came during this pull: {count} at least. The next pull takes them. Alerts are asked for every minute.",
    harmless=True,
)
NotByName: Final = Noted.declare(
    "DK-N62",
    "Submissions that the server did not hand over and that cannot be asked for again by their id, since it holds signs that "
    "the server does not look for: {count}. dikalo verify says of which form. Change the review state of the submission at "
    "the server (or delete it there, if it is false): the next pull then sees it again.",
)
MaybeDraft: Final = Noted.declare(
    "DK-I37",
    "Submissions copied from a phone's folder: {count}. Nothing in the files tells a draft from a finished form; "
    "check with the enumerator that they were finished.",
    harmless=True,
)
VersionsApart: Final = Noted.declare(
    "DK-I38",
    "Edited submissions that arrived in the wrong order and now stand twice in the register: {count}. Nothing is "
    "lost; treat the older one as a double.",
)
NumberUnreadable: Final = Noted.declare(
    "DK-I39",
    "Phone or document numbers that are written in no way we know: {count}. They are kept sealed, but no match "
    "with other alerts can be proposed for them.",
    harmless=True,
)
FileReplaced: Final = Noted.declare(
    "DK-H03",
    "Files replaced at the server after they were taken: {count}. The first ones stay, and the new ones are kept "
    "beside them. Ask who replaced them and why; what came first is what the phone sent.",
)
FileCleared: Final = Noted.declare(
    "DK-H04",
    "Files that were taken and that the server has no more: {count}. They stay here. If nobody of yours removed "
    "them, change the passwords of the server's accounts.",
)
ErasedShown: Final = Noted.declare(
    "DK-R56",
    "Submissions that were erased here and that a source still shows: {count}. None of it was taken. Let them be deleted "
    "there, too: at the server, on the phone, on the USB stick.",
    harmless=True,
)
ErasedEdited: Final = Noted.declare(
    "DK-H18",
    "New versions of submissions that were erased here: {count}. None of it was taken, and it may tell of danger: read them today "
    "where they lie, at the server or on the phone, and type in what is urgent (dikalo alerts new). Let them be deleted there, then say "
    "so: dikalo retention purged SERVER",
)
FormHidden: Final = Noted.declare(
    "DK-H13",
    "Forms that the account of the server no longer sees, although they were pulled before: {count}. What was sent with "
    "them since is not here. Give the account its right back, or take the form out of the archive or the trash. If it "
    "was closed on purpose, name the forms to pull in dikalo.toml (forms).",
)
FormReadInPart: Final = Noted.declare(
    "DK-H14",
    "Forms of which the account of the server may read only some submissions: {count}. Nothing is known of the others, and "
    "what is no longer shown is not taken for deleted. At the server, in the settings of the form, Sharing, give the account "
    "the right to view all submissions; dikalo verify says of which form.",
)
DeletionsLate: Final = Noted.declare(
    "DK-H16",
    "Servers that are an ODK Central before 2024.3: {count}. New and edited submissions come at every pull; what was deleted or "
    "restored there is seen once a day only, when everything is compared. Have the server updated.",
    harmless=True,
)

# --- what a server says of whole submissions ---------------------------------------------------------------------------

GoneAtServer: Final = Noted.declare(
    "DK-I55",
    "Submissions deleted at the server since the last pull: {count}. They stay in the register, marked; look at "
    "them and decide. If nobody of yours deleted them, change the passwords of the server's accounts. If you did: dikalo retention "
    "purged SERVER",
)
BackAtServer: Final = Noted.declare(
    "DK-I56",
    "Submissions that had been deleted at the server and are there again: {count}. Their mark was taken off.",
    harmless=True,
)
TooManyGone: Final = Noted.declare(
    "DK-I57",
    "Submissions that the server no longer shows: {count}. They were too many at once to be believed, or the very last that had "
    "come, as after a server was put back from a copy, so none was marked. Ask the administrator of the server what happened "
    "before anything else. If you deleted them, say so: dikalo retention purged SERVER",
)
ServerMoved: Final = Noted.declare(
    "DK-H17",
    "Submissions that came from another server or project under the same name, and that the present one does not show: {count}. "
    "That does not mean that they were deleted, and none was marked. Look whether dikalo.toml names the right server and "
    "project. If it does, say so once: dikalo retention purged SERVER",
)
SweepShort: Final = Noted.declare(
    "DK-I58",
    "The list of all submissions did not agree with the server's own count, so nothing was concluded from what it "
    "left out (difference: {count}). The next pull looks again.",
)
GoneUnseen: Final = Noted.declare(
    "DK-H01",
    "Submissions, or edits of them, deleted at the server before they could be pulled: {count}. Ask today who "
    "deleted them, and the enumerators for the phones, which may still hold them; an ODK Central can restore them "
    "until its trash is emptied. From now on pull more often: dikalo watch. The page of the day counts them until somebody says what "
    "became of them: dikalo retention purged SERVER",
)

# --- edits and twins ---------------------------------------------------------------------------------------------------

VersionMissed: Final = Noted.declare(
    "DK-H08",
    "Edited submissions of which an earlier version was never pulled, and which the server gives no more: {count}. "
    "What is here is the last one. Pull more often to keep each version.",
    harmless=True,
)
Twins: Final = Noted.declare(
    "DK-H09",
    "Submissions that the server holds twice, by a fault of its own: {count}. Here each is one. Tell the administrator "
    "of the server; nothing needs to be removed there.",
    harmless=True,
)
InTwoForms: Final = Noted.declare(
    "DK-H15",
    "Submissions that the server holds in two forms, because one was moved or copied: {count}. Here each is one. Make sure "
    "that phones send with one of the two only.",
    harmless=True,
)
EditedAfterApproval: Final = Noted.declare(
    "DK-H10",
    "Submissions that were approved at the server and edited afterwards: {count}. The approval was for the version "
    "before: look at them again.",
)
NoRoots: Final = Noted.declare(
    "DK-H11",
    "Submissions of which this older KoboToolbox does not say to which first version they belong: {count}. Edits are "
    "followed by what the phone wrote into them. Ask for an update of the server.",
    harmless=True,
)
RowWithoutXml: Final = Noted.declare(
    "DK-N36",
    "Submissions that the server lists and has no content of: {count}. Either they were deleted this very moment, or a "
    "sending failed there half-way: the phone then sends again, and nothing is lost. If the next pull says the same, tell "
    "the administrator of the server; until then dikalo verify counts them as not here.",
)

# --- forms as the servers serve them -----------------------------------------------------------------------------------

MapLowered: Final = Noted.declare(
    "DK-E05",
    "Questions that a form at the server declares less secret than they are here: {count}. Their answers were sealed as "
    "before. Somebody changed the form at the server: find out who, and send yours again with dikalo forms deploy.",
)
MapRedirected: Final = Noted.declare(
    "DK-E06",
    "Questions that a form at the server sends to another place of the register than your forms do: {count}. They were "
    "read as your forms say. Somebody changed the form at the server: find out who, and send yours again with dikalo "
    "forms deploy.",
)
KeyNotOurs: Final = Noted.declare(
    "DK-E07",
    "Form versions at the server that encrypt with a key which is not one of this register: {count}. What phones send "
    "with them can be read by whoever has that key, and not here. If it is nobody of yours, send your form again with "
    "dikalo forms deploy at once.",
)
KeyTakenOut: Final = Noted.declare(
    "DK-N60",
    "Form versions at the server that phones do not encrypt, although their form has a key here since before they were "
    "published: {count}. The server's administrators can read what comes with them. Somebody changed the form at the "
    "server: find out who, and send yours again with dikalo forms deploy at once.",
)
VersionsLeft: Final = Noted.declare(
    "DK-E18",
    "Submissions of form versions about which the server was not asked any more in this run, because it failed at too many "
    "others: {count}. They were read as strictly as your forms and every version known here say; whether that version calls "
    "something more secret was not seen. Check at the server that the login of the role pull may see the forms, then run "
    "dikalo pull again.",
)

# --- encrypted submissions, and those that should have been ------------------------------------------------------------

WaitsForVault: Final = Noted.declare(
    "DK-E10",
    "Encrypted submissions that came and wait sealed: {count}. A person with the vault opens them: dikalo vault intake --reason TEXT.",
    harmless=True,
)
WaitsForKey: Final = Noted.declare(
    "DK-E11",
    "Encrypted submissions whose key is not in this register: {count}. They are kept sealed and wait. If another laptop "
    "made the key, open them there; if nobody of yours did, find out which form the phones have.",
)
WaitsForServer: Final = Noted.declare(
    "DK-N35",
    "Encrypted submissions that only the server can open, since it keeps the key itself: {count}. dikalo cannot read them and "
    "never asks for a server's passphrase: they are kept sealed and stand in no list. Somebody with the passphrase reads "
    "them at the server (form, Submissions, Download) and types what is urgent here (dikalo alerts new). From now on encrypt "
    "with a key of your own: dikalo keys form FORM, then dikalo forms deploy.",
)
WaitsForFiles: Final = Noted.declare(
    "DK-E12",
    "Encrypted submissions of which only a part has come: {count}. A pull opens them once their answers and photos have "
    "arrived. After half an hour it no longer waits for the photos.",
    harmless=True,
)
TextKept: Final = Noted.declare(
    "DK-N61",
    "Encrypted submissions that were deleted at the server while they waited for their files: {count}. What was answered is "
    "here, sealed, and no pull can open it: a person with the vault does, today (dikalo vault intake --reason TEXT). Ask "
    "who deleted them.",
)
SealedGone: Final = Noted.declare(
    "DK-N63",
    "Encrypted submissions that wait here to be opened and were deleted at the server: {count}. They are stored here,"
    " sealed; open them soon (dikalo vault intake --reason TEXT). If no one on your team deleted them, change the "
    "passwords of the server's accounts.",
)
OpenedProvisionally: Final = Noted.declare(
    "DK-E13",
    "Encrypted submissions opened before their files have come: {count}. Act on them; as evidence they count only once "
    "their files are here and fit. Ask the enumerators to leave their phones on the network.",
    harmless=True,
)
ClearCame: Final = Noted.declare(
    "DK-E14",
    "CLEAR_ON_ENCRYPTED_FORM: submissions that came unencrypted although phones encrypt their form: {count}. Alerts "
    "were taken and flagged, the others are in quarantine. The server's administrators could read them: look at those"
    " phones today.",
)
PlainBeside: Final = Noted.declare(
    "DK-E15",
    "CLEAR_ON_ENCRYPTED_FORM: encrypted submissions with unencrypted files beside them: {count}. A phone was cut off "
    "while it encrypted; the server's administrators could see those files. Look at those phones today.",
)


NOTES: Final = {kind.code: kind for kind in Noted.__subclasses__()}
"""Every note by its code, under which it is counted."""
