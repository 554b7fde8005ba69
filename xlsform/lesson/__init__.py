"""For trainers: written scenarios, the lists they need, and the script of a filling to read aloud or print.

Runs no server and touches no register; the engine is asked only by `xlsform.engine.telling`.
"""
