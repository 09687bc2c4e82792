"""Pure: identity, time lines, comparisons. Values in, values out; no disk, no clock."""
