"""The command line: parses arguments, and turns errors into exit codes."""
