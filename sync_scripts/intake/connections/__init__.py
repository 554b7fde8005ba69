"""The ways into the sources of a workspace: which there are, with which login. Reads no submission."""
