"""``skdistill completion``: scripts for shells, made from the parser itself."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from skdistill.cli._parser import build_parser
from skdistill.cli._registry import ROLES, recipes

__all__ = ["run", "script"]


@dataclass(frozen=True, slots=True)
class _Option:
    """One option of a subcommand.

    Attributes
    ----------
    flag : str
    text : str
        Its help.
    words : tuple of str
        What may follow it; empty if nothing or anything may.
    takes : bool
        Whether something follows it.
    is_file : bool
        Whether that is a path.
    """

    flag: str
    text: str
    words: tuple[str, ...]
    takes: bool
    is_file: bool


def run(arguments: argparse.Namespace) -> int:
    """Print the script.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `shell`.

    Returns
    -------
    int
        The exit code, 0.
    """
    print(script(arguments.shell), end="")
    return 0


def script(shell: str) -> str:
    """Return the completion script of a shell.

    Parameters
    ----------
    shell : {"bash", "zsh", "fish"}

    Returns
    -------
    str

    Examples
    --------
    >>> from skdistill.cli._completion import script
    >>> "--budget-us" in script("bash")
    True
    """
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](_commands())


_Commands = dict[str, tuple[str, tuple[str, ...], list[_Option]]]


def _commands() -> _Commands:
    """Help, words for positions, and options, by subcommand."""
    parser = build_parser("")
    inner: Any = next(
        one for one in parser._actions if isinstance(one, argparse._SubParsersAction)
    )
    texts = {one.dest: one.help for one in inner._choices_actions}
    return {
        name: (str(texts[name]), _positions(sub), list(_options(sub)))
        for name, sub in inner.choices.items()
    }


def _positions(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    found = [one.choices for one in parser._actions if not one.option_strings]
    return tuple(str(word) for choices in found for word in choices or ())


def _options(parser: argparse.ArgumentParser) -> Iterator[_Option]:
    for one in parser._actions:
        if not one.option_strings:
            continue
        role = one.option_strings[-1].lstrip("-")
        words = tuple(recipes(role)) if role in ROLES else ()
        yield _Option(
            one.option_strings[-1],
            str(one.help % {"default": one.default} if one.help else ""),
            words,
            one.nargs != 0,
            one.metavar in ("FILE", "PATH", "DIR"),
        )


_BASH = """\
# bash completion for skdistill
_skdistill() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}"
  local option="" words="" i
  COMPREPLY=()
  # The last option before the word: --student takes several.
  for ((i = COMP_CWORD - 1; i > 1; i--)); do
    case "${{COMP_WORDS[i]}}" in -*) option="${{COMP_WORDS[i]}}"; break ;; esac
  done
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands} --help --version"
  else
    case "$word" in -*) option="-" ;; esac
    case "$command $option" in
{cases}
    esac
  fi
  # No words: bash completes names of files.
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -o bashdefault -F _skdistill skdistill
"""


def _bash(commands: _Commands) -> str:
    cases = []
    for name, (_, positions, options) in commands.items():
        flags = " ".join(one.flag for one in options)
        cases.append(f"      '{name} -') words=\"{flags}\" ;;")
        cases += [
            f"      '{name} {one.flag}') words=\"{' '.join(one.words)}\" ;;"
            for one in options
            if one.words
        ]
        if positions:
            cases.append(f"      '{name} ') words=\"{' '.join(positions)}\" ;;")
    return _BASH.format(commands=" ".join(commands), cases="\n".join(cases))


def _zsh(commands: _Commands) -> str:
    lines = [
        "#compdef skdistill",
        "_skdistill() {",
        "  local -a commands",
        "  commands=(",
        *(
            f"    {_quoted(f'{name}:{text}')}"
            for name, (text, _, _) in commands.items()
        ),
        "  )",
        "  if (( CURRENT == 2 )); then",
        "    _describe 'command' commands",
        "    return",
        "  fi",
        "  local command=${words[2]}",
        "  shift words; (( CURRENT-- ))",
        "  case $command in",
    ]
    for name, (_, positions, options) in commands.items():
        lines.append(f"    {name})")
        specs = [_quoted(_zsh_option(one)) for one in options]
        specs += [_quoted(f"1:what:({' '.join(positions)})")] if positions else []
        specs += [] if positions else ["'*:file:_files'"]
        lines.append("      _arguments -s " + " \\\n        ".join(specs))
        lines.append("      ;;")
    lines += [
        "  esac",
        "}",
        'if [ "$funcstack[1]" = "_skdistill" ]; then _skdistill "$@"; '
        "else compdef _skdistill skdistill; fi",
    ]
    return "\n".join(lines) + "\n"


def _zsh_option(one: _Option) -> str:
    text = one.text.replace("[", "(").replace("]", ")").replace(":", ",")
    if not one.takes:
        return f"{one.flag}[{text}]"
    then = "_files" if one.is_file else f"({' '.join(one.words)})" if one.words else " "
    return f"*{one.flag}[{text}]:value:{then}"


def _fish(commands: _Commands) -> str:
    none = "__fish_use_subcommand"
    lines = ["# fish completion for skdistill"]
    for name, (text, positions, options) in commands.items():
        here = f"'__fish_seen_subcommand_from {name}'"
        lines.append(f"complete -c skdistill -f -n {none} -a {name} -d {_quoted(text)}")
        if positions:
            words = " ".join(positions)
            lines.append(f"complete -c skdistill -f -n {here} -a '{words}'")
        for one in options:
            then = ""
            if one.words:
                then = f" -x -a '{' '.join(one.words)}'"
            elif one.takes:
                then = " -r" if one.is_file else " -x"
            lines.append(
                f"complete -c skdistill -n {here} -l {one.flag.lstrip('-')}"
                f"{then} -d {_quoted(one.text)}"
            )
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
