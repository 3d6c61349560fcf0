"""Image and prompt to plan: models, processors, policies."""
