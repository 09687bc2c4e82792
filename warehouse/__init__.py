"""History and storage: what became of a release over time, kept as append-only rows."""
