"""What every command shares: how it is made, runs, decides, asks, prints. Holds no command."""
