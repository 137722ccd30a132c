"""The command line in, cases and tools out."""

import argparse
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

from swarmlib import cli
from swarmlib.units import parse_size

from .tools import TOOLS, Ours

_MIB = 1 << 20
_SIZES = {"1MiB": (4,), "256MiB": (1, 4, 8, 32), "1GiB": (1, 4, 8)}
_DIRECTORIES = (Path("/dev/shm"), Path("/var/tmp"))

DESCRIPTION = """\
Runs peerProcess and other programs in turn (A B A B), each from one source to some leechers on loopback, with the same
file, directory and number of leechers, and says how fast each is and what it costs. Every copy is compared byte by
byte, outside of the time. What is measured, and how, is in docs/BENCHMARKS.md. Tools that are not installed are named.

  bench/compare                                                 all cases with all tools, in memory and on disk: an hour
  bench/compare --cases 256MiBx4 --dir /dev/shm                 one of them: two minutes
  bench/compare --tools ours,ideal --size 1GiB --leechers 1,4,8 --runs 5 --json results.json
  bench/compare --tools ours --variant before --binary ../before/build/peerProcess         two builds of ours
  bench/compare --tools ours --variant tls --keys --cases 256MiBx4                         in plain and sealed
  bench/compare --tools ours,ideal --variant xxh3 --manifest xxh3 --variant sha256 --manifest sha256
  bench/compare --draw results.json                             the curves alone, into docs/
"""


@dataclass(frozen=True)
class Case:
    """One row of tables: everybody does the same."""

    directory: Path
    size: int
    leechers: int
    piece: int

    @property
    def written(self):
        """Bytes that a run writes, and some room."""
        return self.size * self.leechers + (8 << 20)

    def text(self):
        return f"{short_size(self.size)} x {self.leechers}"


def short_size(size):
    for unit, name in ((1 << 30, "GiB"), (_MIB, "MiB"), (1 << 10, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def parse(arguments=None):
    parser = cli.Parser(prog="bench/compare", description=DESCRIPTION)
    what = parser.add_argument_group("what is run")
    what.add_argument("--tools", type=_tools, default=list(TOOLS.values()), help=f"of {','.join(TOOLS)} (default: all); the first is the measure")
    what.add_argument("--cases", type=_cases, help="such as 256MiBx4,1MiBx4 (default: 1MiBx4; 256MiBx1,4,8,32; 1GiBx1,4,8)")
    what.add_argument("--size", type=_list_of(parse_size), help="instead of --cases: the sizes, such as 256MiB,1GiB")
    what.add_argument("--leechers", type=_list_of(_count), help="and the numbers of leechers, such as 1,4,8 (default: 4)")
    what.add_argument("--piece", type=_list_of(parse_size), help="piece sizes (default: 1MiB; 256KiB for files up to 16 MiB)")
    what.add_argument("--dir", type=_list_of(_directory), help="directories (default: /dev/shm,/var/tmp)")
    what.add_argument("--runs", type=_count, default=5, help="rounds of each case (default: %(default)s)")
    what.add_argument("--cc", metavar="NAME", help="a loopback of our own with that TCP congestion control, such as cubic; needs root")
    ours = parser.add_argument_group("ours (each of these is for the last --variant before it, or for `ours`)")
    ours.add_argument("--variant", action=_Variant, metavar="NAME", help="one more of ours, with a name of its own")
    ours.add_argument("--binary", action=_OfVariant, type=_program, help="another build's peerProcess")
    ours.add_argument("--set", action=_OfVariant, metavar="KEY=VALUE", type=_setting, help="a line of Common.cfg; may be given more than once")
    ours.add_argument("--manifest", action=_OfVariant, choices=("xxh3", "sha256"), help="exchange a manifest's content; what its pieces are hashed with")
    ours.add_argument("--argument", action=_OfVariant, metavar="WORD", help="for each peer's command line, such as --argument=--pipeline=64")
    ours.add_argument("--keys", action=_OfVariant, nargs=0, help="give each peer a key, so that every connection is TLS")
    care = parser.add_argument_group("care")
    care.add_argument("--max-foreign", type=float, default=0.12, help="share of the machine that others may use in a run (default: %(default)s)")
    care.add_argument("--retries", type=int, default=3, help="repetitions of a run that was disturbed more; the calmest counts (default: %(default)s)")
    care.add_argument("--quiet", type=float, default=20, metavar="S", help="wait so long before a run for the machine to be quiet (default: %(default)s)")
    care.add_argument("--timeout", type=float, default=300, metavar="S", help="of a run (default: %(default)s)")
    out = parser.add_argument_group("results")
    out.add_argument("--json", type=Path, metavar="FILE", help="write all runs and what they came to")
    out.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    out.add_argument("--draw", type=Path, metavar="FILE", help="run nothing: draw the curves of such a JSON file")
    out.add_argument("--into", type=Path, default=cli.REPOSITORY / "docs", metavar="DIR", help="where curves go (default: docs/)")
    options = parser.parse_args(arguments)
    if options.size is None and options.leechers is not None:
        options.size = [256 * _MIB]
    if options.size is not None and options.cases is not None:
        parser.error("--cases, or --size and --leechers, but not both")
    options.tools = _all_tools(options)
    return options


def cases(options):
    """All cases, directory by directory."""
    pairs = options.cases or [(parse_size(size), count) for size, counts in _SIZES.items() for count in counts]
    if options.size is not None:
        pairs = list(itertools.product(options.size, options.leechers or [4]))
    found = []
    for directory in options.dir or [each for each in _DIRECTORIES if each.is_dir()]:
        for size, leechers in pairs:
            pieces = options.piece or [_MIB if size > 16 * _MIB else _MIB // 4]
            found += [Case(directory, size, leechers, piece) for piece in pieces]
    return found


def _all_tools(options):
    """Tool classes in the order of a round."""
    variants = dict(getattr(options, "variants", {}))
    own = variants.pop("ours", None)
    tools = [Ours.variant("ours", **own) if tool is Ours and own else tool for tool in options.tools]
    place = max((i for i, tool in enumerate(tools) if issubclass(tool, Ours)), default=-1) + 1
    tools[place:place] = [Ours.variant(name, **values) for name, values in variants.items()]
    return tools


class _Variant(argparse.Action):
    def __call__(self, parser, namespace, value, option=None):
        if value in TOOLS or value in getattr(namespace, "variants", {}):
            parser.error(f"--variant {value}: there is one of that name")
        namespace.variants = getattr(namespace, "variants", {}) | {value: {}}
        namespace.variant = value


class _OfVariant(argparse.Action):
    def __call__(self, parser, namespace, value, option=None):
        name = namespace.variant or "ours"
        namespace.variants = getattr(namespace, "variants", {})
        values = namespace.variants.setdefault(name, {})
        if self.dest in ("set", "argument"):
            kept = "settings" if self.dest == "set" else "arguments"
            values[kept] = (*values.get(kept, ()), value)
        else:
            values[self.dest] = True if self.nargs == 0 else value


def _list_of(parse_one):
    def parse_all(text):
        return [parse_one(word) for word in text.split(",")]

    return parse_all


def _count(text):
    if not text.isdigit() or not 1 <= int(text) <= 200:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 200, not '{text}'")
    return int(text)


def _tools(text):
    unknown = [word for word in text.split(",") if word not in TOOLS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no tool is called {', '.join(unknown)}; there are {', '.join(TOOLS)}")
    return [TOOLS[word] for word in text.split(",")]


def _cases(text):
    """256MiBx1,4,8 is short for 256MiBx1,256MiBx4,256MiBx8."""
    found = []
    for word in text.split(","):
        size, cross, count = word.rpartition("x")
        if not cross and not found:
            raise argparse.ArgumentTypeError(f"expected a size and a number such as 256MiBx4, not '{word}'")
        found.append((parse_size(size) if cross else found[-1][0], _count(count)))
    return found


def _directory(text):
    if not os.path.isdir(text) or not os.access(text, os.W_OK):
        raise argparse.ArgumentTypeError(f"'{text}' is no directory that can be written")
    return Path(text).resolve()


def _program(text):
    if not os.access(text, os.X_OK) or os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no program")
    return Path(text).resolve()


def _setting(text):
    key, equals, value = text.partition("=")
    if not key or not equals or not value:
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, not '{text}'")
    return key, value
