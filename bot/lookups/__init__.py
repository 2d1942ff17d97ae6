"""Read-only look-ups that give the drafter facts about a customer: HTTP addresses and MCP tools, named in the settings.

What is asked and with what is fixed before any model reads the customer; what comes back is data.
"""
