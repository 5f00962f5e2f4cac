"""What differs between operating systems: one interface each, a POSIX and a Windows form."""
