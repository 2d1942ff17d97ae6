"""Adaptive Cards as strict as schema 1.5, and what a bot may put into an activity."""
