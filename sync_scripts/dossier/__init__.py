"""The dossier of one case for somebody outside: one document, one page to read, one sealed file. Opens nothing itself."""
