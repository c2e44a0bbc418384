"""Tries something that may abort the process, in a process of its own.

A parser of binary files that is handed a damaged one may ask for more memory than there is and abort, which no
``except`` can catch. The child tries it under a limit of memory and time and tells by its exit code alone.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final

MEMORY_BYTES: Final = 6 << 30
SECONDS: Final = 60


def survives(attempt: Callable[[], object]) -> bool:
    """Return whether ``attempt`` comes to an end in a child process, be it by an exception that can be caught."""
    child = os.fork()
    if child == 0:
        _try_in_child(attempt)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _try_in_child(attempt: Callable[[], object]) -> None:
    """Run the attempt and leave at once: nothing of the parent's clean-up may happen twice."""
    code = 1
    try:
        _confine()
        attempt()
        code = 0
    except MemoryError:
        code = 1
    except Exception:  # noqa: BLE001 - what can be caught here can be caught, and told, in the parent
        code = 0
    finally:
        os._exit(code)


def _confine() -> None:
    """Limit time and memory, and keep an aborting library's last words off the terminal."""
    faulthandler.disable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
