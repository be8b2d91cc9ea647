"""Two people change the same thing."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed what is to be changed, nothing was. ``by``: who, if it is known."""

    def __init__(self, by: str = "") -> None:
        super().__init__(by)
        self.by = by
