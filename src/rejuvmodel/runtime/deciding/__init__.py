"""The pure half of the runtime: what is due, what is done about it, and what has to be written first."""
