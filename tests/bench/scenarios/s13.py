"""S13, decrypting: submissions of an encrypted form that one core opens in a second, key exchange and signature included."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

from sync_scripts.intake.encryption.encrypted import load_private_key, open_submission, read_manifest
from tests.bench.lines import Line

FOLDER = Path(__file__).parents[2] / "data" / "odk_encryption"
VECTORS = ("001-no-version-no-media", "002-version-one-photo")


def run(count: int = 2_000) -> Iterator[Line]:
    """Yield a figure for a submission without a photo and for one with one."""
    index = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
    keys = {
        one["name"]: load_private_key(base64.b64decode(one["test_only_private_key_der_b64"]))
        for one in index["keys"]
    }
    for vector in index["vectors"]:
        if vector["name"] not in VECTORS:
            continue
        place = FOLDER / vector["name"]
        manifest = (place / "submission.xml").read_bytes()
        files = {one["enc_name"]: (place / one["stored_as"]).read_bytes() for one in vector["files"]}
        begun = time.process_time()
        for _ in range(count):
            open_submission(
                read_manifest(manifest),
                [keys[vector["key"]]],
                lambda name, files=files: io.BytesIO(files[name]) if name in files else None,  # type: ignore[misc] # bound now
                lambda _name: io.BytesIO(),
            )
        took = time.process_time() - begun
        size = sum(map(len, files.values()))
        seen = f"{count / took:,.0f} a core-second, {size:,} bytes each"
        yield Line(
            "S13",
            "dikalo",
            vector["name"][4:].replace("-", " "),
            seen,
            "600 a core-second",
            count / took >= 600,
            runs=(round(took, 2),),
        )
