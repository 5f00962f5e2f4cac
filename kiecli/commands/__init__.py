"""What each command does, from ids and options to an exit code."""
