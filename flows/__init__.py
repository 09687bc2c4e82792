"""Effects: inputs, publishers, clock, schedule and commands. The only room that has any."""
