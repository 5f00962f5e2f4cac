"""What each command does, from ids and flags to an exit code."""
