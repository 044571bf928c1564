"""What is remembered: the journal, the lease, and whoever keeps the state of a group."""
