"""Applying a policy to real servers."""
