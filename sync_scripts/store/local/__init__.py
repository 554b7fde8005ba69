"""The workspace on this computer: founding, accounts, logins, settings, health."""
