"""What would have been and what will be: recorded samples, replay, plan, export."""
