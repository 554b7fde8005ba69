"""The coordinator's whole round: look, pull, raise, publish, verify, tell. Never opens the vault and decides nothing."""

from sync_scripts.daily.round import Part, Round, Wish, faulty, go_round

__all__ = ["Part", "Round", "Wish", "faulty", "go_round"]
