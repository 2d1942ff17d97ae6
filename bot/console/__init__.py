"""The pages: a workspace anyone can try, and the audit. Decisions go through the same desk as everywhere else."""
