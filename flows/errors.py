"""What can go wrong in this room. Every message is one sentence for a person."""


class FlowError(Exception):
    """The command cannot go on; the message says what to do."""


class SettingsError(FlowError):
    """A configuration or source file is wrong: the message names file, line and key."""


class UsageError(FlowError):
    """The command line asks for something that cannot be."""
