"""What the servers look like: samples, judged, and the faults among them."""
