"""Read-only pages over the read model. Imports the readers of `warehouse` only."""
