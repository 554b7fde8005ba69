"""What the vault does for an erasure of one of several people: it opens the forms to be made anew, and strikes their keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.opening.vault import vault_key
from sync_scripts.clock import Clock
from sync_scripts.register.purging.redaction import Redaction
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.vault import Vault, VaultKey, items_of_scopes

__all__ = ["Opened", "open_forms"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The exact bytes of the forms, by scope and instance id, and who opened them with which key; nobody is shown any of it."""

    raws: dict[tuple[str, str], bytes] = field(repr=False)
    _key: VaultKey = field(repr=False)
    _actor: Actor
    _clock: Clock

    def strike(self, register: Register) -> None:
        """Strike the keys of what was erased, now that the vault is open anyway."""
        with Vault(register, self._key, self._actor, leave=None, now=self._clock):
            pass


def open_forms(
    shell: Shell, register: Register, actor: Actor, plan: Redaction, *, kind: str, reason: str
) -> Opened:
    """Ask for a key, and open every version of a plan; it is written down first.

    Args:
        shell: asks.
        register: the open register.
        actor: who opens.
        plan: says which versions.
        kind: with which key, as the option ``--key``.
        reason: why; kept in the chain of custody.

    Raises:
        NotAllowed: the key is wrong, or nobody can type here.
        ItemDamaged, PageUnopened, SealedFileLost: something does not open.
    """
    key = vault_key(shell, kind)
    wanted = {(one.scope, one.instance_id) for one in plan.copies}
    with register.reading() as rows:
        held = items_of_scopes(rows, sorted({scope for scope, _instance in wanted}))
    items = [one for one in held if one.kind == "raw" and (one.scope, one.version) in wanted]
    with Vault(register, key, actor, leave=None, now=shell.clock) as vault:
        raws = {
            (one.item.scope, one.item.version): one.data for one in vault.open_items(reason.strip(), items)
        }
    return Opened(raws, key, actor, shell.clock)
