"""Keys on this machine: the slots of ``keys.json``, passphrases, and the recovery key as a person writes it."""
