"""Links between alerts that may tell of one event: proposed by rule, with reasons; decided by a person; never merged."""
