"""What pytest must leave alone: scripts that run in other environments."""

collect_ignore_glob: list[str] = ["peers/*.py"]
