"""The errors popflow raises on purpose.

Every error a user can cause is one clear sentence: what, where, what to do. The class decides the exit code of the
command; anything that is not a ``PopflowError`` is a fault of popflow itself and exits with 1.
"""

from __future__ import annotations


class PopflowError(Exception):
    """Root of the tree; its text is shown to the user as it is."""

    exit_code = 1


class UsageError(PopflowError):
    """A wrong command, setting, declaration or argument; nothing was started."""

    exit_code = 2


class NightHeldError(PopflowError):
    """A gate held the night: nothing was published, yesterday stays."""

    exit_code = 3


class NightRunningError(PopflowError):
    """Another night of the same site is running."""

    exit_code = 4


class FileRefusedError(PopflowError):
    """A delivered file cannot be taken as a whole; it goes back to its sender with this advice.

    ``rule_id`` names the finding, ``advice_zh`` and ``advice_en`` say what the sender can do.
    """

    def __init__(self, rule_id: str, advice_zh: str, advice_en: str) -> None:
        super().__init__(advice_en)
        self.rule_id = rule_id
        self.advice_zh = advice_zh
        self.advice_en = advice_en
