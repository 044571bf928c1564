"""What is done to servers: commands with hard limits, hand-over, restarts."""
