"""The commands about alerts that ask or show; what decides on them is declared."""
