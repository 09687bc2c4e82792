"""Pure readers: bytes or text in, sightings out. No network, no clock, no disk but package data."""
