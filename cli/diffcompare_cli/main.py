"""The program: runs a command, prints what it returns, and turns every failure into one line and an exit status."""

from __future__ import annotations

import gc
import os
import sys
import warnings

import click

from diffcompare_cli.commands import HELP_NAMES, Commands, Unfinished

DONE, UNUSABLE, INTERRUPTED = 0, 2, 130


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": HELP_NAMES})
@click.option("--version", is_flag=True, help="Show the version and exit.")
@click.pass_context
def program(ctx: click.Context, version: bool) -> None:
    """Differentiate one function in every way - numerically, symbolically, automatically - and compare.

    FUNCTION is a formula such as "ln(x1) + x1*x2 - sin(x2)", a Python function as path/to/file.py:name or
    package.module:name, or a name that `diffcompare catalog` lists.
    """
    if version:
        from diffcompare import __version__

        click.echo(f"diffcompare {__version__}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the program on the command line's arguments and exit."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # standard error is for our own lines; -W default shows them all
    gc.set_threshold(10**5, 20, 20)  # what is imported stays; looking for garbage in it took 6 % of compare
    status = status_of()
    gc.freeze()  # or the end of the process would look for garbage among everything that was imported
    sys.exit(status)


def status_of(arguments: list[str] | None = None) -> int:
    """Run the program and print its result; the exit status."""
    try:
        result = program.main(arguments, prog_name="diffcompare", standalone_mode=False)
        if isinstance(result, str):
            click.echo(result)
        sys.stdout.flush()
        if isinstance(result, Unfinished):
            return failure("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (KeyboardInterrupt, click.Abort):
        return failure("interrupted", INTERRUPTED)
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return failure(f"{error.format_message().removesuffix('.')}{where}", UNUSABLE)
    except Exception as error:
        return failure(explained(error), UNUSABLE)
    return DONE


def explained(error: Exception) -> str:
    """What went wrong and what to do about it."""
    from diffcompare.errors import DiffCompareError

    if isinstance(error, DiffCompareError):
        return str(error)
    if isinstance(error, OSError):
        from diffcompare_reports.files import cause_of

        return f"cannot write to standard output: {cause_of(error)}"
    if isinstance(error, MemoryError):
        return "out of memory; try a smaller function or fewer steps"
    return f"internal error, please report it with the command: {type(error).__name__}: {' '.join(str(error).split())}"


def failure(message: str, status: int) -> int:
    """Say what went wrong on standard error; gives the status back."""
    click.echo(f"Error: {message}", err=True)
    return status
