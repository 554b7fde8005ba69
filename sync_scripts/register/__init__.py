"""From answers to cases: rows, events, triage, deadlines, tasks. Pure choices; never opens what is sealed."""
