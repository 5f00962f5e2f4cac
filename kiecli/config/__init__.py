"""Settings: what can be configured, where it is kept, which value is in force."""
