"""How talking to Asterisk over AGI can end."""


class AgiError(Exception):
    """The AGI session cannot go on."""


class CallerGone(AgiError):  # noqa: N818  # it is an event of the call, not a fault
    """Asterisk ended the session: the caller hung up, the lease ran out, or Asterisk stopped."""


class AgiProtocolError(AgiError):
    """The other side did not speak AGI, or did not answer in time."""


class AgiRefused(AgiProtocolError):  # noqa: N818  # one command's answer
    """Asterisk refused one command (its answer was 5xx); the session itself is intact."""
