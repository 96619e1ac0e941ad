class Failed(Exception):
    """A measurement that gives no figure; the text says why."""
