"""How people say what they want, and an independent reader of it."""
