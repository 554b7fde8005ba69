"""What is handed to an office beside the program: all that installs it without a network. Knows neither workspace nor register."""
