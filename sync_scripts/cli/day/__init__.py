"""The page of the day, the log, the second person, the directory."""
