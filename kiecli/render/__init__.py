"""Shows what a run came to: people on terminals, lines in pipes and logs, JSON for programs."""
