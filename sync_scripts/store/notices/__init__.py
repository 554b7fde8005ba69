"""Messages to be sent: the outbox, and where they go."""
