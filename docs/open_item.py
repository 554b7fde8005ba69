"""Open one sealed item without dikalo: python open_item.py PAGE ITEM_FILE NUMBER SCOPE KIND ROW VERSION > opened.

PAGE is a key page that the `age` program has opened; ITEM_FILE holds the sealed bytes; the rest stands in the item's
row of the table `sealed_item`. Needs the package `cryptography` and nothing else. How to get there: docs/en/security.md.
"""

import base64
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if len(sys.argv) != 8:
    sys.exit(__doc__)
page_name, sealed_name, number, scope, kind, row, version = sys.argv[1:]
page = json.loads(Path(page_name).read_text(encoding="utf-8"))
sealed = Path(sealed_name).read_bytes()
keys = {str(item): key for item, its_kind, key in page["items"] if its_kind == kind}
if page["v"] != 1 or sealed[:1] != b"\x01":
    sys.exit("This page or item has a format that this script does not know.")
if number not in keys:
    sys.exit(f"The page holds no item {number} of kind {kind}.")
place = json.dumps(
    ["dikalo-item", 1, page["workspace"], scope, kind, row, version],
    ensure_ascii=False,
    separators=(",", ":"),
)
try:
    opened = AESGCM(base64.b64decode(keys[number])).decrypt(sealed[1:13], sealed[13:], place.encode())
except InvalidTag:
    sys.exit("Damaged, or not the item of this row.")
sys.stdout.buffer.write(opened)
