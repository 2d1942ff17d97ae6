"""What the import contracts in pyproject.toml cannot say, read from the syntax tree."""
