"""The register's database, its sealed items and its keys. The only room that touches the engine."""
