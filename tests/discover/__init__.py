"""How releases are found, looked at again, and how a source definition is checked."""
