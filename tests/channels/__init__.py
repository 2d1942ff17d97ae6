"""What every channel owes the desk, and what the local one and the cards do besides."""
