"""Where submissions come from: the ``Server`` protocol and the servers that speak it. Never stores anything."""
