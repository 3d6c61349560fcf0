"""Pairs and a base model to a checkpoint."""
