"""Shows how a run goes and ends: on terminals, in pipes and logs, and as JSON."""
