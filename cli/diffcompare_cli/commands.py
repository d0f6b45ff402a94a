"""The names of the commands and what `diffcompare --help` says of each; nothing is imported until one is called."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from inspect import cleandoc
from itertools import islice
from typing import Any

import click

COMMANDS = {
    "compare": "All engines at one point, measured against a proven reference.",
    "trace": "The lecture's table of one run: primals with tangents or adjoints.",
    "sweep": "Error against the step h, split into truncation and rounding.",
    "swell": "How the derivative of a recurrence grows, as a tree and as a graph.",
    "steps": "Symbolic differentiation rule by rule.",
    "cost": "The cost of a gradient against the number of inputs.",
    "jacobian": "The Jacobian, one pass at a time.",
    "code": "The tangent or adjoint program as Python, NumPy, C or LaTeX.",
    "linear": "The linear layer: gradients without the Jacobian.",
    "modes": "The grad modes: default, no-grad and inference on one network.",
    "benchmark": "Our speed beside hand-written code and other libraries.",
    "catalog": "Named functions to try.",
    "engines": "The ways to differentiate, and whether each can run here.",
    "report": "Write the book of comparisons.",
}
OPTION = re.compile(r"--[A-Za-z][\w-]*(=|$)")  # what looks like an option; -x and --(x) are formulas
HELP_NAMES = ("-h", "--help")


class Commands(click.Group):
    """The group: a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"diffcompare_cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


class StudyCommand(click.Command):
    """A command that returns what is to be printed; whatever else is printed while it works goes to standard error.

    A formula may start with a minus sign: of the words that look like options, those that are none become arguments.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        text = cleandoc(settings.pop("help", None) or "")
        settings["context_settings"] = {"help_option_names": HELP_NAMES}
        super().__init__(name, help=f"{COMMANDS[name]}\n\n{text}", **settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        takes_value = {
            name: not option.is_flag
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
            for name in option.opts
        }
        options, arguments = divided(args, takes_value)
        unknown = [word for word in options if OPTION.match(word) and word.partition("=")[0] not in takes_value]
        if len(arguments) > sum(isinstance(parameter, click.Argument) for parameter in self.params):
            from difflib import get_close_matches

            dashed = [word for word in arguments if word.startswith("-")]
            unknown += [word for word in dashed if get_close_matches(word, takes_value)] or dashed
        if unknown:
            raise click.NoSuchOption(unknown[0], possibilities=takes_value, ctx=ctx)
        return super().parse_args(ctx, [*options, "--", *arguments])

    def invoke(self, ctx: click.Context) -> Any:
        with redirect_stdout(sys.stderr):
            try:
                return super().invoke(ctx)
            except SystemExit as stop:
                from diffcompare.errors import SourceError

                raise SourceError(
                    f"the function ended the program with sys.exit({stop.code}); return a number"
                ) from stop


class Unfinished(str):
    """What a command that the user interrupted has to show nevertheless."""


def divided(words: Sequence[str], takes_value: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """Words that click is to read as options and their values, and words that are arguments.

    >>> divided(["-x^2", "--at", "x=1", "--mod=forward"], {"--at": True})
    (['--at', 'x=1', '--mod=forward'], ['-x^2'])
    """
    options: list[str] = []
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            arguments.extend(rest)
        elif word in takes_value:
            value = list(islice(rest, int(takes_value[word])))
            if takes_value[word] and not value:
                raise click.BadOptionUsage(word, f"Option {word!r} needs a value after it.")
            options.extend([word, *value])
        elif OPTION.match(word):
            options.append(word)
        else:
            arguments.append(word)
    return options, arguments


def study_command(name: str) -> Callable[[Callable[..., str]], StudyCommand]:
    """Decorator: the function is the command of that name, its docstring the help below the one line."""
    return click.command(name, cls=StudyCommand)
