"""Which tasks a command line names: ids and labels, typed or read from stdin."""
