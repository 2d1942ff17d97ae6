"""Stories of the desk, told on the stage."""
