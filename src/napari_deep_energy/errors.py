"""The one exception that a user's input can raise; its text is a sentence fit for the dock."""

from __future__ import annotations


class InvalidInput(ValueError):
    """Input that cannot be worked on.

    The message names the thing, what was found, and what to do about it.
    """


class TooFewLabels(InvalidInput):
    """There are not two classes to tell apart."""


class Cancelled(RuntimeError):
    """The caller's ``stop`` returned true; nothing was produced and nothing was changed."""


class Diverged(RuntimeError):
    """The training loss became NaN or infinite; the message names step, size and objects."""
