"""The runtime's file as objects."""
