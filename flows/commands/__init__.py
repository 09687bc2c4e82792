"""What each command does, behind the words of `flows.cli`. Each returns an exit code."""
