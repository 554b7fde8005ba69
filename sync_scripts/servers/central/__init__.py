"""ODK Central: the calls we make, the feed, and the project as a source of submissions."""

from sync_scripts.servers.central.feed import CentralTooOld, RowsMissing
from sync_scripts.servers.central.project import Project, Visit, visiting
from sync_scripts.servers.central.source import Central

__all__ = ["Central", "CentralTooOld", "Project", "RowsMissing", "Visit", "visiting"]
