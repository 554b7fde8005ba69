"""What is erased again of a copy that is older than the erasure of one of several people."""

from __future__ import annotations

import io
from collections import Counter

from sqlalchemy import select

from sync_scripts.backup.erasures import Again, erase_again
from sync_scripts.backup.head import Erasure
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema.raw import erasure_pending, sealed_item, submission
from sync_scripts.store.seal.sealed_rows import keep
from tests.backup.places import Desk, after
from tests.backup.test_making import PERSON
from tests.store.commands import CASE


def test_what_came_as_one_goes_whole_and_what_is_of_others_stays(at_desk: Desk) -> None:
    """Also of a submission whose person got a scope only when she was taken out: it is found by its id."""
    register = at_desk.workspace.register
    with register.sealer() as sealer, register.writing() as rows:
        sealer.seal(b"<manifest/>", "s1", "manifest", "submission:uuid:1", "uuid:1")
        sealer.seal_stream(io.BytesIO(b"encrypted"), "s1", "encfile", "submission:uuid:1", "uuid:1", name="e")
        sealer.seal_stream(io.BytesIO(b"of nobody"), "s1", "file", "submission:uuid:1", "uuid:1", name="f")
        keep(rows, sealer, after(0))
    listed = [Erasure(name, "later", instant(after(1))) for name in ("uuid:1", "person:7")]

    with register.writing() as rows:
        done = erase_again(rows, listed, PERSON, after(2))
    with register.writing() as rows:
        again = erase_again(rows, listed, PERSON, after(3))

    assert (done, again) == (Again(1, (CASE,)), Again(0, ()))
    with register.reading() as rows:
        kinds = Counter(map(tuple, rows.execute(select(sealed_item.c.scope, sealed_item.c.kind))))
        states = {row.scope: (row.status, row.open_part is None) for row in rows.execute(select(submission))}
        waits = len(rows.execute(select(erasure_pending)).all())
    assert kinds == Counter(
        [(who, kind) for who in ("s1", "s2") for kind in ("file", "filepart")]
        + [("s1", "row"), ("s3", "row")]
    )
    assert states == {"s1": ("erased", True), "s3": ("ok", False)}
    assert waits == 4  # the bytes, the manifest, the encrypted file and the part beside it
