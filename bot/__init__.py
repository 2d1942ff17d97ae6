"""Countersign: an AI drafts the support reply, a person signs it."""

__version__ = "0.1.0"
