"""Microsoft Teams as a channel: customers' threads in, Adaptive Cards in the review channel, signed replies out."""
