"""How well drafts are made, measured on texts that nobody here wrote. They are not part of the repository."""
