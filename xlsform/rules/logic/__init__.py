"""The rules on expressions and on what they make possible: what a formula gives, when a row is shown, what can be answered there."""
