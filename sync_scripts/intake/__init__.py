"""From a server to the store: pull, parse, split, seal, quarantine. Never opens what is sealed."""
