"""The settings: what is refused and in which words, what wins, and that the pages about them are true."""
