"""What is due: limits of law and medicine, services, consents, reviews. Pure."""
