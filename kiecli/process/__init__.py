"""What an operating system gives to a process: one interface, a POSIX and a Windows form."""
