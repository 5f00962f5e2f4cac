"""The commands in the act: from ids and flags to an exit code."""
