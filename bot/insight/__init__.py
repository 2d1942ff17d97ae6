"""What the record can tell: SQL turned into rows, for the people who answer for the team's replies."""
