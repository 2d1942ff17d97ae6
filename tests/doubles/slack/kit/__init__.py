"""Block Kit as strict as Slack: what may stand where, how long, how many."""
