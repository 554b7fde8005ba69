"""What goes back to the phones: the lists of open cases and providers, decided first, then sent where they changed."""

from sync_scripts.publish.leaving import Audience, OpenCase, Team, may_leave
from sync_scripts.publish.lists import CASES, PROVIDERS, ProvidersUnsuitable, case_list
from sync_scripts.publish.outcome import Done
from sync_scripts.publish.rounds import ListsWait, Order, Published, ReasonNeeded, publish
from sync_scripts.publish.servers.folder import ListNotWritten
from sync_scripts.publish.zones import PhonesWithoutZone, ZoneMissing

__all__ = [
    "CASES",
    "PROVIDERS",
    "Audience",
    "Done",
    "ListNotWritten",
    "ListsWait",
    "OpenCase",
    "Order",
    "PhonesWithoutZone",
    "ProvidersUnsuitable",
    "Published",
    "ReasonNeeded",
    "Team",
    "ZoneMissing",
    "case_list",
    "may_leave",
    "publish",
]
