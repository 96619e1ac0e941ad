class Failed(Exception):
    """A measurement that gives no figure; the text says why."""


class Skipped(Exception):
    """One that cannot be made here; the text says why."""
