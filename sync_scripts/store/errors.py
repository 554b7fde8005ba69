"""What can go wrong in the store, each in words of its own. None of them ever holds a stored value."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from gettext import gettext as _
from typing import ClassVar

from sync_scripts.errors import N_, Damaged, Declined, DikaloError, NotAllowed, Unreachable, UsageProblem


@dataclass(eq=False, kw_only=True)
class StoreLocked(DikaloError):
    """Another command writes to this register."""

    command: str
    since: str
    pid: int
    code: ClassVar[str] = "DK-S01"
    message: ClassVar[str] = N_(
        'Another command is writing to this register: "{command}" (process {pid}), since {since}. Nothing was done. '
        "Wait until it has ended and run this one again."
    )


@dataclass(eq=False, kw_only=True)
class DatabaseFailed(DikaloError):
    """The database refused something; only the kind of error and the rule are named, never a value."""

    kind: str
    state: str
    rule: str
    code: ClassVar[str] = "DK-S02"
    message: ClassVar[str] = N_(
        "The database refused the work ({kind}, {state}, {rule}). What was begun was undone and nothing is lost. Run "
        "the command again; if it happens again, report these three words."
    )


@dataclass(eq=False, kw_only=True)
class DiskFull(DikaloError):
    """No room is left where the workspace or the database lies."""

    code: ClassVar[str] = "DK-S03"
    message: ClassVar[str] = N_(
        "The disk is full. What was begun was undone; what was stored before is safe. Free some space where the "
        "workspace, or what you let be written, lies, and run the command again: it goes on where it stopped."
    )


@dataclass(eq=False, kw_only=True)
class StoreBusy(DikaloError):
    """Another writer held the database for longer than we wait."""

    code: ClassVar[str] = "DK-S04"
    message: ClassVar[str] = N_(
        "The register was busy with another writer for more than 30 seconds. Nothing was done. Wait a moment and run "
        "the command again."
    )


@dataclass(eq=False, kw_only=True)
class StoreCrossed(DikaloError):
    """A server ended our transaction for the sake of another one: a deadlock, or rows that changed under it."""

    code: ClassVar[str] = "DK-S36"
    message: ClassVar[str] = N_(
        "Another program, such as a backup or a tool of the database's administrator, changed the register at the same "
        "moment, and the database stopped one of the two. Nothing was done. Run the command again."
    )


@dataclass(eq=False, kw_only=True)
class RegisterNewer(DikaloError):
    """The register was written by a later dikalo, with tables that this one does not know."""

    found: str
    known: str
    code: ClassVar[str] = "DK-S05"
    message: ClassVar[str] = N_(
        "This register was written by a newer dikalo (layout {found}; this one knows {known}). Nothing was read or "
        "changed. Install the newer dikalo and run the command again."
    )


@dataclass(eq=False, kw_only=True)
class RegisterMissing(Damaged):
    """The workspace has its settings and keys, but the register's file is gone."""

    code: ClassVar[str] = "DK-S06"
    message: ClassVar[str] = N_(
        "The file register.db is missing from this workspace. Nothing was done. Put it back from your last backup; "
        "do not run init here."
    )


@dataclass(eq=False, kw_only=True)
class ClockApart(DikaloError):
    """This computer's clock is far from the one of the database server: what is written now would count from another day."""

    ours: str
    theirs: str
    code: ClassVar[str] = "DK-S14"
    message: ClassVar[str] = N_(
        "This computer says that it is {ours}, the server of the register says {theirs} (both UTC). Nothing was written: deadlines of "
        "everybody would count from a wrong time. Set the clock and the time zone of this computer, then run the command again. If the "
        "server's clock is the wrong one, its administrator sets it."
    )


@dataclass(eq=False, kw_only=True)
class RegisterDamaged(Damaged):
    """A page of the database is not what was written, or the key is not the file's."""

    code: ClassVar[str] = "DK-S07"
    message: ClassVar[str] = N_(
        "The register cannot be read: its file is damaged or belongs to other keys. Nothing was changed. Copy the "
        "whole workspace somewhere safe first, then put register.db back from your last backup."
    )


@dataclass(eq=False, kw_only=True)
class DatabaseUnreachable(Unreachable):
    """PostgreSQL does not answer or does not let us in."""

    state: str
    code: ClassVar[str] = "DK-S08"
    message: ClassVar[str] = N_(
        "The PostgreSQL register does not answer or does not let this account in ({state}). Nothing was done. Check "
        "the network and the line url under [register] in dikalo.toml, then run the command again."
    )


@dataclass(eq=False, kw_only=True)
class AccountMayNot(NotAllowed):
    """The account of the database has too few rights for what was asked of it."""

    code: ClassVar[str] = "DK-S52"
    message: ClassVar[str] = N_(
        "The account of the database that this laptop uses has not the right to do this. What was begun was undone and "
        "nothing is lost. After a new version of dikalo, whoever owns the tables runs dikalo once with their account first; else "
        "ask the administrator for the rights that dikalo guide keys lists."
    )


@dataclass(eq=False, kw_only=True)
class DriverMissing(UsageProblem):
    """The register is on PostgreSQL and the driver is not installed."""

    code: ClassVar[str] = "DK-S09"
    message: ClassVar[str] = N_(
        'This register is on PostgreSQL and the driver for it is not installed. Nothing was done. Install "dikalo'
        '[postgres]" and run the command again.'
    )


@dataclass(eq=False, kw_only=True)
class WorkspaceExists(UsageProblem):
    """A workspace would be made where one is."""

    code: ClassVar[str] = "DK-S10"
    message: ClassVar[str] = N_(
        "There is already a workspace in this folder. Nothing was done. Choose another folder: a workspace is never "
        "overwritten."
    )


@dataclass(eq=False, kw_only=True)
class RegisterTaken(UsageProblem):
    """The PostgreSQL database already holds the register of other keys."""

    code: ClassVar[str] = "DK-S11"
    message: ClassVar[str] = N_(
        "That PostgreSQL database already holds a register with other keys. Nothing was done. Name an empty database "
        "under [register]."
    )


@dataclass(eq=False, kw_only=True)
class DemoAndRealMixed(Damaged):
    """The key slot and the register do not agree on whether this is a demonstration."""

    code: ClassVar[str] = "DK-S12"
    message: ClassVar[str] = N_(
        "The keys and the register of this workspace do not agree on whether it is a demonstration. Nothing was done. "
        "A demonstration can never become a real workspace: make a new one with dikalo init."
    )


@dataclass(eq=False, kw_only=True)
class WorkspaceMixed(Damaged):
    """Settings, keys and register come from different workspaces."""

    code: ClassVar[str] = "DK-S13"
    message: ClassVar[str] = N_(
        "dikalo.toml, keys.json and the register do not belong to one workspace. Nothing was done. Put back the three "
        "of one backup."
    )


@dataclass(eq=False, kw_only=True)
class TooFewRecipients(NotAllowed):
    """Sealed data would open for one holder only."""

    found: int
    code: ClassVar[str] = "DK-S20"
    message: ClassVar[str] = N_(
        "Sealed data must open for at least two holders (vault passphrase, recovery key, organisation), and here there "
        "would be {found}. Nothing was done. Add another holder."
    )


@dataclass(eq=False, kw_only=True)
class RecipientUnsuitable(UsageProblem):
    """What was given is no age recipient."""

    holder: str
    code: ClassVar[str] = "DK-S21"
    message: ClassVar[str] = N_(
        "The public key given for {holder} is not an age key: it must begin with age1 and be copied whole. Nothing was "
        "done."
    )


@dataclass(eq=False, kw_only=True)
class RecipientsChanged(Damaged):
    """The holders for whom data are sealed are not those that were pinned."""

    code: ClassVar[str] = "DK-S22"
    message: ClassVar[str] = N_(
        "The public keys for which data are sealed are not those fixed when this workspace was made. Nothing was "
        "sealed or pulled. Somebody changed them: tell the person responsible for security before you go on."
    )


@dataclass(eq=False, kw_only=True)
class HoldersUnaccepted(RecipientsChanged):
    """A shared register names other holders than this laptop believes; a colleague, or somebody else, changed them."""

    code: ClassVar[str] = "DK-S50"
    message: ClassVar[str] = N_(
        "The public keys for which this shared register seals are not those that this laptop knows, so nothing was "
        "sealed or pulled. If a colleague changed them (dikalo keys rewrap): look at them with dikalo keys holders, "
        "compare the fingerprint with that colleague by voice, then dikalo keys holders --accept. If nobody of yours "
        "did, tell the person responsible for security before you go on."
    )


@dataclass(eq=False, kw_only=True)
class RecipientsUnproven(NotAllowed):
    """Too few holders have shown that they can open what is sealed to them."""

    found: int
    code: ClassVar[str] = "DK-S25"
    message: ClassVar[str] = N_(
        "Only {found} holder has shown that he can open sealed data, and two must have; the 14 days for it are over. "
        "Nothing was sealed or pulled. Run dikalo vault test with another key: --key paper, or --key organisation."
    )


@dataclass(eq=False, kw_only=True)
class SealingFailed(DikaloError):
    """The age program library refused; there is never a clear fallback."""

    code: ClassVar[str] = "DK-S23"
    message: ClassVar[str] = N_(
        "Sealing did not work, so nothing was stored. Run dikalo doctor; it says what is missing."
    )


@dataclass(eq=False, kw_only=True)
class PageForgotten(DikaloError):
    """A fault of the program: items were sealed and their keys were about to be dropped."""

    code: ClassVar[str] = "DK-S24"
    message: ClassVar[str] = N_(
        "The program nearly dropped the keys of what it had sealed, and stopped. Nothing was stored. Please report "
        "this code."
    )


@dataclass(eq=False, kw_only=True)
class ItemDamaged(Damaged):
    """A sealed item does not open with its key and label."""

    item: str
    code: ClassVar[str] = "DK-S30"
    message: ClassVar[str] = N_(
        "The sealed item {item} is damaged, or it is not the item of its row. It was not shown. Put the register back "
        "from your last backup, or ask for help with this number."
    )


@dataclass(eq=False, kw_only=True)
class PageUnopened(Damaged):
    """A key page is damaged, or is not sealed to this holder."""

    page: str
    code: ClassVar[str] = "DK-S31"
    message: ClassVar[str] = N_(
        "The key page {page} does not open with this key: it is damaged or was sealed to others. Nothing of it was "
        "shown. Try the key of another holder; if that fails too, put the register back from your last backup."
    )


@dataclass(eq=False, kw_only=True)
class SealedFileLost(Damaged):
    """A sealed file is missing or is not the one that its name says."""

    file: str
    code: ClassVar[str] = "DK-S32"
    message: ClassVar[str] = N_(
        "The sealed file {file} is missing or damaged. It was not shown. Put it back from your last backup: its name "
        "is the SHA-256 of its content, so any right copy will do."
    )


@dataclass(eq=False, kw_only=True)
class ChainBroken(Damaged):
    """A line of the custody chain or an event is not what was written."""

    chain: str
    seq: int
    code: ClassVar[str] = "DK-S33"
    message: ClassVar[str] = N_(
        "The chain of {chain} is broken at number {seq}: a line was changed, removed or added outside dikalo. Nothing "
        "was changed now. Keep a copy of the workspace and tell the person responsible for security."
    )


@dataclass(eq=False, kw_only=True)
class ReasonNeeded(UsageProblem):
    """Sealed data are opened only with a reason."""

    code: ClassVar[str] = "DK-S34"
    message: ClassVar[str] = N_(
        "A reason is needed to open sealed data: it is written down before anything is shown. Nothing was opened. Add "
        '--reason "…"; on the page of an alert or case it stands behind --open.'
    )


@dataclass(eq=False, kw_only=True)
class NothingSealed(Declined):
    """The code is known but nothing sealed belongs to it, or nothing of that code is known."""

    subject: str
    code: ClassVar[str] = "DK-S35"
    message: ClassVar[str] = N_(
        "Nothing sealed was found for {subject}. Nothing was opened. If the code is right, nothing of it is sealed "
        "here, not even a number to call: its page says all that is known. Otherwise look for the code with dikalo alerts list "
        "or dikalo cases list."
    )


@dataclass(eq=False, kw_only=True)
class TextIdentifies(UsageProblem):
    """A text that is kept in the open holds what points to a person."""

    kind: str
    code: ClassVar[str] = "DK-R44"
    message: ClassVar[str] = N_(
        "The text seems to hold {what}, and it would be kept unsealed. Nothing was changed. Say it without."
    )

    def words(self) -> str:
        """Return the sentence with the kind in words."""
        kinds = {"phone": _("a telephone number"), "coordinates": _("the coordinates of a place")}
        return gettext(self.message).format(what=kinds.get(self.kind, self.kind))
