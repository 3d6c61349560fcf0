"""From scenes to instruction-plan pairs and questions."""
