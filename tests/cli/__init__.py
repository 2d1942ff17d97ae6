"""The command line, as a person types it: real processes in folders of their own."""
