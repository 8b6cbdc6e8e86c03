"""What makes a shell complete commands and options: printed, for the shell's own start-up file."""

from __future__ import annotations

import os
import shlex
from typing import Final

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

SHELLS: Final = ("bash", "zsh", "fish", "powershell")
VARIABLE: Final = "_DOWEL_COMPLETE"


class PowerShell(ShellComplete):
    """The shell that Click does not know by itself."""

    name = "powershell"
    source_template = """Register-ArgumentCompleter -Native -CommandName dowel -ScriptBlock {
    param($word, $line, $place)
    $env:%(complete_var)s = "powershell_complete"
    $env:DOWEL_LINE = $line.ToString()
    $env:DOWEL_WORD = $word
    dowel | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    Remove-Item Env:%(complete_var)s, Env:DOWEL_LINE, Env:DOWEL_WORD
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being written, and that one."""
        words, word = shlex.split(os.environ["DOWEL_LINE"])[1:], os.environ["DOWEL_WORD"]
        return (words[:-1] if word else words), word

    def format_completion(self, item: CompletionItem) -> str:
        """One line each."""
        return str(item.value)


add_completion_class(PowerShell)


def tell_completion(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Print the script for a shell."""
    if shell is None or ctx.resilient_parsing:
        return
    kind = get_completion_class(shell)
    assert kind is not None, "the shells are those that can be chosen"
    made = kind(ctx.command, {}, "dowel", VARIABLE)
    click.echo(made.source_template % made.source_vars())  # made.source() would ask an installed bash for its version
    ctx.exit()
