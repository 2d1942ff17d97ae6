"""Words in, a draft out, and no side effects: nothing here stores, posts or decides anything."""
