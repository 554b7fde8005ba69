"""Looks at the servers for what a person should know or mend: whose login, rights too wide, doors open, what still lies there. Asks only."""
