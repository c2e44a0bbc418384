"""The command line: `popflow`.

Commands are thin: they read arguments, call one function and print what it returns. Errors are one line in plain words
on standard error, and the exit code says what kind they are (DESIGN of exit codes: `docs/operator.md`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import traceback

import click

from ingest.errors import PopflowError
from ingest.safe_text import shown_path
from popflow.commands import bridge, definitions, look, nights, query, review, sites, unmapped, vault, versions
from popflow.commands.common import Context

EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--site", metavar="DIR", help="The site; else POPFLOW_SITE, else the nearest popflow.toml upwards.")
@click.option("--debug", is_flag=True, help="Show where in the program an error came from.")
@click.version_option(package_name="popflow", message="%(prog)s %(version)s")
@click.pass_context
def popflow(context: click.Context, site: str | None, debug: bool) -> None:
    """Read the lists of villages and townships every night and publish one picture of the floating population."""
    context.obj = Context(site, debug=debug)


for _command in (
    *sites.COMMANDS,
    *nights.COMMANDS,
    *look.COMMANDS,
    *definitions.COMMANDS,
    *query.COMMANDS,
    *bridge.COMMANDS,
    *versions.COMMANDS,
    *review.COMMANDS,
    *unmapped.COMMANDS,
    *vault.COMMANDS,
):
    popflow.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Leaves at once: DuckDB 2.0.0 complains about itself, and may hang, where the interpreter takes its modules apart.
    """
    code = run(sys.argv[1:] if arguments is None else arguments)
    # What libraries asked to be done at the end (temporary folders, semaphores) is done all the same.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is one line on standard error."""
    debug = "--debug" in arguments
    try:
        popflow.main(args=[each for each in arguments if each != "--debug"], prog_name="popflow", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        return _say(_click_message(error), EXIT_USAGE, debug=debug)
    except PopflowError as error:
        return _say(str(error), error.exit_code, debug=debug)
    except (KeyboardInterrupt, click.Abort):
        return _say("stopped; nothing was published", EXIT_INTERRUPTED, debug=debug)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has gone; Python would complain about it at exit
        return 0
    except Exception as error:  # noqa: BLE001 - the last place where a fault can still become one clear line
        return _say(f"{_unforeseen(error)} (--debug shows where)", EXIT_UNEXPECTED, debug=debug)
    return 0


def _unforeseen(error: Exception) -> str:
    """Say an unforeseen error without its own text, which may hold what stands in a cell; the system's holds none."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {shown_path(str(error.filename))}" if error.filename else ""
        return f"the system says: {error.strerror}{where}"
    return f"unexpected {type(error).__name__}: this is a fault in popflow"


def _click_message(error: click.ClickException) -> str:
    where = f" (see {error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
    return _one_line(error.format_message()).rstrip(".") + where


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _say(text: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(f"popflow: {_one_line(text)}", err=True)
    return code


if __name__ == "__main__":
    main()
