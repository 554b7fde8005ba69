"""Which version of a submission counts, and which begin and cease to once others came. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync_scripts.intake.receive.decisions import Known, Version

__all__ = ["current", "turns"]


def current(family: Iterable[Version]) -> str:
    """Return the instance id of the version that counts: one that no other replaces, the latest of those."""
    versions = list(family)
    replaced = {one.deprecated_id for one in versions}
    standing = [one for one in versions if one.instance_id not in replaced]
    return max(standing or versions, key=lambda one: one.age).instance_id


def turns(known: Known, roots: Iterable[str]) -> dict[str, bool]:
    """Return the versions of these roots that begin or cease to count, by instance id."""
    found: dict[str, bool] = {}
    for root_id in roots:
        family = [known.versions[one] for one in known.families[root_id]]
        counts = current(family)
        found |= {
            one.instance_id: one.instance_id == counts
            for one in family
            if one.current != (one.instance_id == counts)
        }
    return found
