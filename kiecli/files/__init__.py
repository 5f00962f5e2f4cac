"""File names, file types and whether a file is complete."""
