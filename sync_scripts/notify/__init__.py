"""Notices: from the outbox to people. Only sends; never decides what is worth telling, and never opens what is sealed."""

from sync_scripts.notify.sending import Flushed, flush, in_all, revive, try_out

__all__ = ["Flushed", "flush", "in_all", "revive", "try_out"]
