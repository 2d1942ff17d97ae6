"""The law: which steps a review may take, who may take them, and when words may leave. Standard library only."""
