"""The only opener of what is sealed. Each opening is written down, durably, before the first key page is decrypted.

Nothing of the daily round imports this module. A process that opens is one that ends soon: keys of pages and opened
bytes stay in its memory until then.
"""

from __future__ import annotations

from sync_scripts.store.vault.keys import VaultKey, by_identity, by_passphrase, by_slots, unlock_with
from sync_scripts.store.vault.opening import (
    Leave,
    OpenedItem,
    PageProblem,
    Vault,
    items_named,
    items_of_scopes,
    items_where,
)
from sync_scripts.store.vault.private import safe_name
from sync_scripts.store.vault.rewrapping import NewVault, Rewrapping, changed, lay, waiting

__all__ = [
    "Leave",
    "NewVault",
    "OpenedItem",
    "PageProblem",
    "Rewrapping",
    "Vault",
    "VaultKey",
    "by_identity",
    "by_passphrase",
    "by_slots",
    "changed",
    "items_named",
    "items_of_scopes",
    "items_where",
    "lay",
    "safe_name",
    "unlock_with",
    "waiting",
]
