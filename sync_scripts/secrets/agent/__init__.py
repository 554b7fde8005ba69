"""The everyday key for a while in the memory of one small process of this user, so that nobody types it twenty times.

Nothing of it is on a disk: when the process ends, however it ends, the key is gone. ``process`` is the process,
``asking`` what commands ask it.
"""

from sync_scripts.secrets.agent.asking import Held, ask, lock, start

__all__ = ["Held", "ask", "lock", "start"]
