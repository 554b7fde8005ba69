"""The form toolchain: sources, workbooks, conversion, checks, the engine. No network, no database, no command line."""
