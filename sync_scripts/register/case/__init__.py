"""A case as its forms, corrections and decisions give it: facts, people, response, triage, flags, tasks, forms that moved in or out."""
