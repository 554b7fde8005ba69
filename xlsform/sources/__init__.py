"""The source of a form as YAML: read, written, its comments kept."""
