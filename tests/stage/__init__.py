"""Doubles that keep every promise of the seams they stand in for, and a stage that plays a whole desk step by step."""
