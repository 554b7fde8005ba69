"""How urgent an alert or a case is: what its forms say of it, read through the one policy, and what that asks of people.

Knows the rules of triage and the rows of one form. Opens nothing, writes nothing.
"""
