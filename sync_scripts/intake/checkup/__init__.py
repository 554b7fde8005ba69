"""Looks at the servers for what a person should know or mend: whose login, rights too wide, doors open, what still lies there.

Asks only; changes nothing anywhere. Each server stands for itself: one that is down is said and stops no other.
"""

from sync_scripts.intake.checkup.logins import clear_logins
from sync_scripts.intake.checkup.secrecy import of_forms
from sync_scripts.intake.checkup.servers import of_servers

__all__ = ["clear_logins", "of_forms", "of_servers"]
