"""The commands by which answers come in and are checked: pull, watch, verify, quarantine, rebuild."""
