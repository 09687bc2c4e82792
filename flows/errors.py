"""What can go wrong in this room. Every message is one sentence for a person."""


class FlowError(Exception):
    """The command cannot go on; the message says what to do."""


class SettingsError(FlowError):
    """A configuration or source file is wrong: the message names file, line and key."""


class UsageError(FlowError):
    """The command line asks for something that cannot be."""


def os_sentence(error: OSError) -> str:
    """What a person reads of a file or folder that does not do what it should."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{(error.strerror or str(error)).lower()}; nothing of this run was committed"
