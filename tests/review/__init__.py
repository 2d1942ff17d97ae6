"""The law, proved on its own."""
