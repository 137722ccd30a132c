"""The command line of a script as data, as `peerProcess --help-json` prints that of the program."""

import argparse
import json
import re


class PrintTable(argparse.Action):
    """--help-json: prints the table and exits."""

    def __init__(self, option_strings, dest, **options):
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser, namespace, values, option_string=None):
        print(json.dumps(table_of(parser), indent=1))
        parser.exit()


def table_of(parser):
    """{"name", "summary", "arguments", "options"}. Each has "help", "value" unless it is a flag, and "choices" where there are some; an option also
    "names", and "commands" where it belongs to some of the script's commands: those that its group's title names."""
    arguments, options = [], []
    for group in parser._action_groups:
        title = re.fullmatch(r"options of (.*)", group.title or "")
        commands = re.split(r",? and |, ", title[1]) if title else []
        for action in group._group_actions:
            (options if action.option_strings else arguments).append(_described(action, commands))
    return {"name": parser.prog, "summary": (parser.description or "").splitlines()[0], "arguments": arguments, "options": options}


def _described(action, commands):
    described = {"names": action.option_strings} if action.option_strings else {"name": action.metavar or action.dest}
    described["help"] = (action.help or "") % {"default": action.default} if action.help else ""
    if action.nargs != 0:
        described["value"] = action.metavar or " or ".join(action.choices or [action.dest.upper()])
    if action.choices:
        described["choices"] = list(action.choices)
    if commands:
        described["commands"] = commands
    return described
