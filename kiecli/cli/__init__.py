"""The command line: turns words into what is to be done, and errors into exit codes."""
