"""The commands that set a workspace up and look after it: init, keys, people, phones, messages."""
