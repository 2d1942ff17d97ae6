"""What is remembered, and how: the only room that speaks SQL for writing."""
