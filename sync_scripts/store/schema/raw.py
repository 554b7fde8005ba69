"""The tables of the raw store: what arrived, what is sealed, decided and done. Holds no answer of level 3 in the clear, nor a hash of one.

Raw versions, events and custody lines are append-only, kept so by triggers (``migrations``).
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from sync_scripts.store.schema.base import BYTES, LONG, NUMBER, WORDS, YES_NO, column, metadata, partial

scope: Table = Table(
    "scope",
    metadata,
    column("id", WORDS, primary_key=True),  # 32 hex, random: says what is erased and opened together
    column("kind", WORDS),  # submission, person, workspace
    column("server", WORDS, level=1),  # "" for the scope of the workspace
    column("form", WORDS),
    column("root_id", WORDS),
    column("row", WORDS),  # "person:<uid>"; "" for a submission
    # of a person, the scope of her submission; NULL: it is one. By it hers are found: what is made together lies together then
    column("submission", WORDS, nullable=True),
    CheckConstraint("kind IN ('submission', 'person', 'workspace')", name="kind"),
)
partial(
    "ix_scope_person", scope.c.submission, scope.c.row, where=scope.c.submission.is_not(None), unique=True
)
partial("ix_scope_workspace", scope.c.kind, where=text("kind = 'workspace'"))

key_page: Table = Table(
    "key_page",
    metadata,
    column("id", WORDS, primary_key=True),  # 32 hex, random
    column("workspace", WORDS),  # of the laptop that sealed; part of every label of the page's items
    column("created", WORDS, level=1),
    column("recipients", WORDS),  # fingerprint of those it was sealed to
    column("blob", BYTES),  # an age file
)

sealed_item: Table = Table(
    "sealed_item",
    metadata,
    column("key_page", WORDS),
    column("item", NUMBER),  # number within its page, from 0, never given twice
    column("scope", WORDS),
    # raw, version, row, file, filepart, manifest, encfile, quarantine, formkey, signkey, test
    column("kind", WORDS),
    column("row", WORDS),
    column("version", WORDS),
    column("blob", BYTES, nullable=True),  # 01 · nonce · ciphertext; NULL for a sealed file
    column("file", WORDS, nullable=True),  # SHA-256 of the sealed bytes = name of the sealed file
    PrimaryKeyConstraint("key_page", "item"),
    ForeignKeyConstraint(["key_page"], ["key_page.id"], deferrable=True, initially="DEFERRED"),
    CheckConstraint("(blob IS NULL) <> (file IS NULL)", name="one_place"),
    Index("ix_sealed_item_scope", "scope", "kind"),
    partial("ix_sealed_item_file", "file", unique=True, where=text("file IS NOT NULL")),
)

erasure_pending: Table = Table(
    "erasure_pending",
    metadata,
    column("key_page", WORDS),
    column("item", NUMBER),
    column("file", WORDS, nullable=True),
    column("at", WORDS, level=1),
    PrimaryKeyConstraint("key_page", "item"),
)

erased: Table = Table(
    "erased",
    metadata,
    # what may not come again: an instance id, a root id, or "person:<uid>"; no row is ever taken off the list
    column("id", WORDS),
    # whose sealed items were deleted: what a register put back from a copy erases again
    column("scope", WORDS),
    column("at", WORDS, level=1),
    PrimaryKeyConstraint("id", "scope"),
)

submission: Table = Table(
    "submission",
    metadata,
    column("server", WORDS, level=1),
    column("form", WORDS),  # the form's id on that server
    column("root_id", WORDS),
    column("instance_id", WORDS, owner="collected"),
    column("stamp", WORDS),  # the form's own: alert, case, followup; with root_id the key of register rows
    column("deprecated_id", WORDS, nullable=True),
    column("form_version", WORDS),
    column("submitter", WORDS, level=1, nullable=True),
    column("received_at", WORDS, level=1),
    column("device_start", WORDS, owner="collected", nullable=True),
    column("device_end", WORDS, owner="collected", nullable=True),
    column("status", WORDS),
    # when it was deleted at the server, as far as is known; none of what is deleted: a person declared it as the organisation's own
    column("gone_at", WORDS, level=1, nullable=True),
    # the server's own word: hasIssues, validation_status_approved
    column("review", WORDS, level=1, nullable=True),
    # true: it came from a phone's folder, where nothing tells a draft from a finished form; NULL: it was finished
    column("maybe_draft", YES_NO, nullable=True),
    column("scope", WORDS),
    column("size", LONG),  # bytes as received
    column("open_part", WORDS, level=2, nullable=True),  # answers of levels 0-2; NULL while waiting for a key
    column("open_hash", WORDS, level=2, nullable=True),  # of what was erased its first two digits
    column("current", YES_NO),  # the version that counts, of this server and root
    column("arrival", LONG),  # order of storing, over all servers
    # NULL: sent in the clear, as its form asks; else: whole, provisional, broken, clear, beside
    column("encryption", WORDS, nullable=True),
    # when the answers of one person, or a text shared with others, were last taken out of it; its bytes are a redacted copy
    column("redacted_at", WORDS, level=1, nullable=True),
    PrimaryKeyConstraint("root_id", "instance_id", "server", "form"),  # the root first: one index for all
    ForeignKeyConstraint(["scope"], ["scope.id"]),
    UniqueConstraint("arrival"),
    CheckConstraint(
        "status IN ('ok', 'waiting', 'quarantined', 'deleted', 'restored', 'erased')", name="status"
    ),
)
# What a comparison with a server looks at, in the order of arrival: a tenth of the pages of the rows themselves.
partial(
    "ix_submission_standing",
    submission.c.server,
    submission.c.form,
    submission.c.arrival,
    submission.c.root_id,
    submission.c.instance_id,
    submission.c.stamp,
    submission.c.status,
    submission.c.review,
    where=text("current = 1"),
    postgresql=text("current"),
)
# Only edits have an id that is not their root's, and only they name another version: small indexes for few rows.
partial(
    "ix_submission_edit", submission.c.instance_id, where=submission.c.instance_id != submission.c.root_id
)
partial(
    "ix_submission_deprecated_id", submission.c.deprecated_id, where=submission.c.deprecated_id.is_not(None)
)

attachment: Table = Table(
    "attachment",
    metadata,
    column("server", WORDS, level=1),
    column("form", WORDS),
    column("root_id", WORDS),
    column("instance_id", WORDS),
    column("tag", WORDS),  # keyed tag of the file's name; the name itself is sealed
    column("question", WORDS, nullable=True),  # path of the question without its answer
    column("scope", WORDS),
    # announced: the answers name it, and nobody asked the source for it yet; held; missing, empty: the source was asked and
    # has not got it, or nothing in it; refused: left there; erased
    column("state", WORDS),
    column("size", LONG, nullable=True),
    column("key_page", WORDS, nullable=True),
    column("item", NUMBER, nullable=True),  # the file part; the file itself is the sealed item beside it
    column("file", WORDS, nullable=True),
    column("at", WORDS, level=1),
    # cut tag of what the server says of these very bytes; "gone:" before it: the server has them no more; of what never came,
    # "later:" and the instance id of the version that took the place of this one
    column("mark", WORDS, level=1, nullable=True),
    column("follows", WORDS, nullable=True),  # tag of the file in whose place the server showed this one
    PrimaryKeyConstraint("server", "form", "root_id", "instance_id", "tag"),
    ForeignKeyConstraint(
        ["server", "form", "root_id", "instance_id"],
        ["submission.server", "submission.form", "submission.root_id", "submission.instance_id"],
    ),
    CheckConstraint("state IN ('announced', 'held', 'missing', 'empty', 'refused', 'erased')", name="state"),
    Index("ix_attachment_instance_id", "instance_id", "server"),
)

# What sources show: one row for each place, with what became of it here, and what is owed of it and why; the words of ``state``
# and ``reason`` are in `intake.places.table`. What is asked for by name has a form and a root. What could not be read (``problem``),
# or came encrypted and nobody opened then (``waits``), says so for good, and where its bytes lie sealed, whatever came of it since.
place: Table = Table(
    "place",
    metadata,
    column("server", WORDS, level=1),
    column("tag", WORDS),  # keyed tag of where it lies at the source; of a file, of its name in its version
    column("state", WORDS),
    column("reason", WORDS, nullable=True),
    column("form", WORDS, nullable=True),  # as its server calls it
    column("root_id", WORDS, nullable=True),
    column("size", LONG),
    column("moved_ns", LONG),
    column("files", NUMBER, nullable=True),  # so many were left there for being too large
    column("tries", NUMBER, nullable=True),  # how often it was asked for and not handed over, or read in vain
    # since when it is owed, put aside or waiting; of what was put aside or waited it stays
    column("first_at", WORDS, level=1, nullable=True),
    column("last_at", WORDS, level=1, nullable=True),  # when it was asked for, or read, last
    column("problem", WORDS, nullable=True),  # why it was put aside: code of the error, DK-I…
    column("spot", WORDS, nullable=True),  # line, or path of a question; never a value, never a file name
    # ids of versions, codes of cases and alerts in what nobody could read by now, blanks between
    column("names", WORDS, level=2, nullable=True),
    column("stamp", WORDS, nullable=True),  # what was put aside says of itself
    column("form_version", WORDS, nullable=True),
    column("waits", WORDS, nullable=True),  # for what it waits, or waited, encrypted: vault, key, files
    column("instance_id", WORDS, nullable=True),
    column("submitter", WORDS, level=1, nullable=True),
    column("received_at", WORDS, level=1, nullable=True),  # of the bytes that were read last
    column("gone_at", WORDS, level=1, nullable=True),  # when it was seen that its server has it no more
    # of what waits: its answers are here, sealed; without them there is nothing
    column("has_text", YES_NO, nullable=True),
    column("bytes", LONG, nullable=True),  # of what is sealed: as it came
    column("scope", WORDS, nullable=True),
    column("key_page", WORDS, nullable=True),
    column("item", NUMBER, nullable=True),
    PrimaryKeyConstraint("server", "tag"),
    CheckConstraint("waits IN ('vault', 'key', 'files')", name="waits"),
)
partial("ix_place_named", place.c.server, place.c.reason, place.c.form, where=place.c.form.is_not(None))
partial("ix_place_moved", place.c.server, place.c.tag, where=place.c.moved_ns == -1)
# few are put aside, and few wait: whoever asks for them must not walk through all places
partial("ix_place_problem", place.c.state, place.c.server, where=place.c.problem.is_not(None))
partial("ix_place_waits", place.c.state, place.c.server, where=place.c.waits.is_not(None))
partial("ix_place_root_id", place.c.root_id, place.c.server, where=place.c.scope.is_not(None))
partial("ix_place_scope", place.c.scope, where=place.c.scope.is_not(None))

# what is stored and not yet built: written with what it is about, taken away by the transaction that builds it
to_build: Table = Table(
    "to_build",
    metadata,
    column("priority", NUMBER),  # in which order it is built: see `register.building.marks`
    column("unit", WORDS),  # alert:<stamp>/<root>, submission:<stamp>/<root>
    column("arrival", LONG),  # of the version that is not built yet; 0: no version is
    # class and place of the fault of the program that kept it from being built, and when it was last tried; NULL: it was not tried yet
    column("fault", WORDS, nullable=True),
    column("failed_at", WORDS, level=1, nullable=True),
    PrimaryKeyConstraint("priority", "unit", "arrival"),
    sqlite_with_rowid=False,
)
partial("ix_to_build_fault", to_build.c.fault, where=to_build.c.fault.is_not(None))

watermark: Table = Table(
    "watermark",
    metadata,
    column("server", WORDS, level=1),
    column("form", WORDS),
    column("value", WORDS, level=1),  # canonical JSON, read by the server's own module
    column("at", WORDS, level=1),
    PrimaryKeyConstraint("server", "form"),
)

form_version: Table = Table(
    "form_version",
    metadata,
    column("form", WORDS),
    column("version", WORDS),
    column("stamp", WORDS),
    column("sha256", WORDS),  # of the workbook
    column("workbook", BYTES),
    column("map", WORDS),  # canonical JSON of the form map
    column("imported_at", WORDS, level=1),
    PrimaryKeyConstraint("form", "version"),
)

event: Table = Table(
    "event",
    metadata,
    column("workspace", WORDS),
    column("seq", LONG),
    column("at", WORDS, level=1),
    column("actor_code", WORDS, level=1),
    column("proof", WORDS),
    column("op", WORDS, level=1),
    column("subject", WORDS, level=1),
    column("payload", WORDS, level=2),  # canonical JSON
    column("hash", WORDS),  # SHA-256 of the event's line, which names the hash before it
    PrimaryKeyConstraint("workspace", "seq"),
    CheckConstraint("proof IN ('key', 'claimed', 'rule')", name="proof"),
    Index("ix_event_subject", "subject"),
    Index("ix_event_at", "at"),
    partial("ix_event_corrected", "op", where=text("op = 'value.correct'")),
)

custody: Table = Table(
    "custody",
    metadata,
    column("seq", LONG, primary_key=True, autoincrement=False),
    column("line", WORDS, level=2),
    column("hash", WORDS),
)

run: Table = Table(
    "run",
    metadata,
    column("id", WORDS, primary_key=True),
    column("command", WORDS),
    column("server", WORDS, level=1),
    column("actor_code", WORDS, level=1, nullable=True),
    column("started_at", WORDS, level=1),
    column("ended_at", WORDS, level=1, nullable=True),
    column("outcome", WORDS),  # running, done, attention, failed
    column("counts", WORDS, level=1),  # canonical JSON
    Index("ix_run_started_at", "started_at"),
)

setting: Table = Table(
    "setting",
    metadata,
    column("name", WORDS, primary_key=True),
    column("value", WORDS, level=1),
)

secret: Table = Table(
    "secret",
    metadata,
    column("name", WORDS, primary_key=True),
    column("value", BYTES, level=2),
    info={"only": "sqlite"},  # on a shared PostgreSQL the keys stay with the client
)

pushed_review: Table = Table(
    "pushed_review",
    metadata,
    column("server", WORDS, level=1),
    column("form", WORDS),
    column("root_id", WORDS),
    column("state", WORDS, level=1),  # the server's own word that was written last; "" = it was taken back
    column("at", WORDS, level=1),
    PrimaryKeyConstraint("server", "form", "root_id"),
)

outbox: Table = Table(
    "outbox",
    metadata,
    column("id", WORDS, primary_key=True),
    column("destination", WORDS, level=1),  # a name of dikalo.toml; its address is a login and lies elsewhere
    column("reason", WORDS),
    column("level", WORDS, level=1),
    column("params", WORDS, level=1),  # canonical JSON: region and due_at, nothing else
    column("subject", WORDS),  # ``entity:id``; never leaves the register
    column("dedupe_key", WORDS),
    column("state", WORDS),
    column("not_before", WORDS, level=1),
    column("attempts", NUMBER),
    column("last_status", WORDS, level=1, nullable=True),
    column("reference", WORDS, level=1, nullable=True),  # drawn for the message that told it
    column("created_at", WORDS, level=1),
    column("tried_at", WORDS, level=1, nullable=True),
    column("sent_at", WORDS, level=1, nullable=True),
    CheckConstraint("state IN ('waiting', 'sent', 'given_up', 'cancelled')", name="state"),
    Index("ix_outbox_dedupe_key", "dedupe_key"),
    Index("ix_outbox_state", "state"),
)

form_key: Table = Table(
    "form_key",
    metadata,
    column("fingerprint", WORDS, primary_key=True),  # SHA-256 of the public key, 32 hex
    column("form", WORDS),  # the form's own stamp
    column("use", WORDS),  # day: the everyday register opens; vault: a person with the vault opens
    column("public", WORDS),  # base64 of the SubjectPublicKeyInfo, one line, as the setting public_key has it
    column("made_at", WORDS, level=1),
    column("made_by", WORDS, level=1),
    column("key_page", WORDS, nullable=True),  # vault: the sealed private half; day: it lies with the logins
    column("item", NUMBER, nullable=True),
    CheckConstraint("use IN ('day', 'vault')", name="use"),
    Index("ix_form_key_form", "form", "made_at"),
)

deployed_form: Table = Table(
    "deployed_form",
    metadata,
    column("server", WORDS, level=1),
    column("form", WORDS),  # what the server calls it in submissions
    column("version", WORDS),  # the server's own version
    column("stamp", WORDS),
    column("stamp_version", WORDS),
    column("sha256", WORDS),  # of the workbook as the server has it
    column("map", WORDS),  # what the server's workbook says, canonical JSON
    column("read_as", WORDS, nullable=True),  # the version of form_version by which its submissions are read
    column("public_key", WORDS, nullable=True),  # fingerprint; NULL: phones send this version in the clear
    column("at", WORDS, level=1),
    PrimaryKeyConstraint("server", "form", "version"),
    Index("ix_deployed_form_stamp", "stamp"),
)

# The encrypted files that came with what waits, sealed as they came.
waiting_file: Table = Table(
    "waiting_file",
    metadata,
    column("server", WORDS, level=1),
    column("source_tag", WORDS),  # of its place
    column("tag", WORDS),  # keyed tag of the encrypted file's name
    column("size", LONG),
    column("key_page", WORDS),  # the file part; the file itself is the sealed item before it
    column("item", NUMBER),
    column("file", WORDS),
    PrimaryKeyConstraint("server", "source_tag", "tag"),
    ForeignKeyConstraint(["server", "source_tag"], ["place.server", "place.tag"]),
)
