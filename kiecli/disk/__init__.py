"""Opening, locking and publishing files: one interface, a POSIX and a Windows form."""
