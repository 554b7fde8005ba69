"""What is still possible in a form: the answers that each question can have, and what conditions leave of them. Pure; runs nothing."""
