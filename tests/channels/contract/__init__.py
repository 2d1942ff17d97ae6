"""Stories that every channel must pass. A new channel adds a `Ground` and one line to `GROUNDS` in `conftest`."""
