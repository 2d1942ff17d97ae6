"""Slack as a channel: customers' threads in, cards in the review channel, signed replies out."""
