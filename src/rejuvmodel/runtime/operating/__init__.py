"""What operators see and say: control socket, status, logs, metrics, the check of a file."""
