"""What is to be seen of a session while it happens, and the terminal that draws it."""
