"""The commands about cases, consents and evidence that ask or show; what decides on them is declared."""
