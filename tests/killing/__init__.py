"""A front desk whose process can be killed at any point, in a world that survives it."""
