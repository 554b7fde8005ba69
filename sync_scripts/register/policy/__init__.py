"""The one policy for what protects: what stands of a measure, and what is news to whoever decided on it (decision 0099).

Knows statements, decisions and the order of some levels. Knows no table, no form and no kind of task.
"""
