"""Archived forms of a KoboToolbox, when a phone is locked out: its rights are taken there too, or it is said that nobody saw them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.kobo_forms import Asset
from tests.publish.scene import Run
from tests.publish.test_phones import SEND, root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]


@pytest.mark.parametrize("manages", [True, False])
def test_a_phone_keeps_no_right_on_an_archived_form_that_nobody_names(
    run: Run, worlds: dict[str, tuple[Any, str]], manages: bool
) -> None:
    """Whoever opens it again would let the phone in; one that this login does not manage keeps the phone's doors no less shut."""
    assets = worlds["terrain"][0].deployed.assets
    assets["b2"] = Asset("b2", assets["a1"].workbook, "ancienne", "v1", "v1", active=False)
    if not manages:
        assets["b2"].own_rights = ("view_asset",)
    for asset in assets.values():
        asset.rights |= {f"p-{asset.uid}": ("f12", SEND), f"r-{asset.uid}": ("f12", "view_submissions")}
    dry = run("--lang", "en", "phones", "revoke", "F12", "--dry-run")
    code, said, _talk = run("phones", "lost", "F12", "--json")
    left = {asset.uid: len(asset.rights) for asset in assets.values()}
    unseen = [one["forms_archived_unseen"] for one in said["servers"]]
    told = [
        line for line in dry[1].splitlines() if "archived forms that this login does not manage: b2." in line
    ]

    assert (code, said["locked_out"]) == (0, True)
    assert left == {"a1": 0, "b2": 0 if manages else 2}
    assert unseen == [[], [] if manages else ["b2"]]
    assert len(told) == (0 if manages else 1)
