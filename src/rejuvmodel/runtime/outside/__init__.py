"""What every part that reaches out shares: addresses, deadlines, failures, names."""
