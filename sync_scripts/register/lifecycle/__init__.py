"""Where things can go and where their events have brought them: moves, their guards, refusals. Pure; a move not listed is refused."""
