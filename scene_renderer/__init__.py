"""A table, its objects, a camera, an arm."""
