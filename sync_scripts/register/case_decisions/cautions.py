"""What whoever refers somebody should know before a call is made.

An entry nobody checked, people it must be kept from, and whether the name may be said at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

from sync_scripts.register.consents.doors import identity_goes, kept_from
from sync_scripts.register.decisions.base import By
from sync_scripts.register.directory.providers import listed, stale
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.labels import labels
from sync_scripts.register.rules.ruleset import load

__all__ = ["about_person", "about_provider"]


def about_provider(by: By, provider: str | None) -> Iterator[str]:
    """Yield that a provider was not checked for so long that a call should come first."""
    wanted = (provider or "").strip().upper()
    for one in listed(by.rows):
        if one["provider_code"].upper() == wanted and stale(one["verified_on"], local_day(by.now, load())):
            told = _(
                "Nobody checked {provider} for {days} days: call before you send anybody there (dikalo providers verify {provider})."
            )
            yield told.format(provider=one["provider_code"], days=load().case.provider_stale_d)


def about_person(by: By, case_code: str, intervention: str) -> Iterator[str]:
    """Yield from whom the person served wants it kept, and that the identity does not go along where it must not."""
    kept = kept_from(by.rows, case_code, intervention)
    if kept:
        yield _("The person wants it kept from: {whom}. Mind who picks up the phone.").format(
            whom=labels("withhold_from", " ".join(kept))
        )
    if identity_goes(by.rows, case_code, intervention, by.now) is False:
        yield _("Refer without the identity: the person did not agree that it goes to this service.")
