#!/usr/bin/env python3
"""The project's own rules, so that nobody has to remember them: layers, file sizes, headers, blanks.

Each rule is a function from a file's path and text to what is wrong with it, so that the rules are tested too.
"""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is built and shipped. Test code may be longer, but not wider or untidier.
PRODUCTION = ("config", "protocol", "peer", "sim")
MAX_LINES = 400
MAX_COLUMNS = 160
MAX_COLUMNS_FORMATTED = 120
FORMATTED = (".cpp", ".hpp")
# Others differ in small things.
FORMATTER = 14

# Which of the project's folders a layer may include. A file belongs to the longest prefix of its path.
LAYERS = {
    "config": ("config",),
    "protocol/wire": ("protocol/wire", "protocol/"),
    "protocol/door": ("protocol/door", "protocol/wire", "protocol/"),
    "protocol/delta": ("protocol/delta", "protocol/wire", "protocol/"),
    "protocol/session": ("protocol/session", "protocol/wire", "protocol/"),
    "protocol/swarm": ("protocol/swarm", "protocol/session", "protocol/wire", "protocol/"),
    "protocol": ("protocol/",),
    # The rooms of peer/, lower ones first: the table of peer/CMakeLists.txt, and one rule more, as headers need no linking.
    "peer/ground": ("peer/ground", "protocol", "config"),
    "peer/storage": ("peer/storage", "peer/ground", "protocol", "config"),
    "peer/storage/digest": ("peer/storage/digest", "protocol/", "config"),
    "peer/keys": ("peer/keys", "peer/storage/digest", "peer/ground", "protocol", "config"),
    "peer/net": ("peer/net", "peer/keys", "peer/ground", "protocol", "config"),
    "peer/report": ("peer/report", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/status": ("peer/status", "peer/report", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/http": ("peer/http", "peer/status", "peer/keys", "peer/report", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/discovery": ("peer/discovery", "peer/report", "peer/net", "peer/keys", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/content": ("peer/content", "peer/discovery", "peer/report", "peer/net", "peer/keys", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/share": ("peer/share", "peer/content", "peer/report", "peer/net", "peer/keys", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/node": ("peer/node", "peer/http", "peer/status", "peer/share", "peer/content", "peer/discovery", "peer/report", "peer/net",
                  "peer/keys", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/origin": ("peer/origin", "peer/net", "peer/storage", "peer/ground", "protocol", "config"),
    "peer/gateway": ("peer/gateway", "peer/node", "peer/origin", "peer/http", "peer/status", "peer/share", "peer/content", "peer/discovery",
                     "peer/report", "peer/net", "peer/keys", "peer/storage", "peer/ground", "protocol", "config"),
    "peer": ("peer", "protocol", "config"),
    "sim/members": ("sim/members", "peer/discovery", "protocol", "config"),
    "sim": ("sim", "protocol"),
}
# "protocol/" alone means the files directly in protocol/ that are no layer of their own.
FOREIGN_TO_PROTOCOL = re.compile(
    r"asio|spdlog|fmt/|CLI/|nlohmann|sys/|netinet/|arpa/|unistd\.h|fcntl\.h|pthread\.h"
    r"|(thread|mutex|shared_mutex|condition_variable|atomic|future|fstream|filesystem|iostream)$"
)
# What peer/ decides on virtual time: headers and sources, and all that these include, do nothing and read no clock.
PURE = ("sim/members/members_network", "peer/content/manifest_search", "peer/discovery/beacon", "peer/discovery/beacons", "peer/discovery/members",
        "peer/discovery/tally", "peer/node/get_steps", "peer/node/service_talk", "peer/gateway/cache_shelf",
        "peer/gateway/name_meaning", "peer/origin/origin_answer", "peer/origin/origin_url", "peer/status/recorder", "peer/share/library_plan")
ACTING = re.compile(
    r"asio|spdlog|sys/|netinet/|unistd\.h|fcntl\.h|peer/ground/clock\.hpp|peer/ground/random_seed\.hpp"
    r"|(thread|mutex|shared_mutex|condition_variable|atomic|future|fstream|iostream|random)$"
)
SOCKET = re.compile(r"\btcp::(socket|acceptor)\b")
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.MULTILINE)
TYPE = re.compile(r"^(?:enum )?(?:class|struct) (\w+)(?: final)?(?: : [^;{}]*)? \{", re.MULTILINE)
STANDARD = re.compile(r"[a-z_0-9]+$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The key of LAYERS that a path such as protocol/wire/decoder.hpp belongs to."""
    stem = re.sub(r"\.[ch]pp$", "", path)
    fits = [layer for layer in LAYERS if stem == layer or stem.startswith(layer + "/")]
    return max(fits, key=len, default=None)


def wrong_includes(path, text):
    layer = layer_of(path)
    wrong = []
    for bracket, name in INCLUDE.findall(text):
        if bracket == '"':
            if not may_include(layer, name):
                wrong.append(f"{path} includes {name}, which its layer may not see")
        elif layer == "config" and not STANDARD.match(name) and not name.startswith("nlohmann/"):
            wrong.append(f"{path} includes <{name}>; config/ sees the standard library alone")
        elif layer.startswith("protocol") and FOREIGN_TO_PROTOCOL.match(name):
            wrong.append(f"{path} includes <{name}>; protocol/ has no operating system, threads, files or logging")
    return wrong


def wrong_sockets(path, text):
    """Above peer/net/ a connection is a Stream."""
    if path.startswith("peer/net/"):
        return []
    return [f"{path}:{number} names a socket; outside of peer/net/ it is a Stream"
            for number, line in enumerate(text.splitlines(), 1) if SOCKET.search(line)]


def wrong_asio(path, text):
    """What has no sockets, and, where secrets are, nothing that prints."""
    foreign = ("asio", "spdlog") if path.startswith("peer/keys/") else ("asio",) if path.startswith("peer/storage/") else ()
    return [f"{path} includes {name}; this room has none of it" for _, name in INCLUDE.findall(text) if name.startswith(foreign)]


def acting_includes(path, read=lambda name: (ROOT / name).read_text(encoding="utf-8")):
    """What a file includes, and what that includes, and so on, that a decision on virtual time has no use for."""
    wrong = []
    seen = {path}
    todo = [path]
    while todo:
        including = todo.pop()
        for bracket, name in INCLUDE.findall(read(including)):
            if ACTING.match(name):
                wrong.append(f"{path} reaches {name} by {including}; it is to be pure")
            elif bracket == '"' and name not in seen:
                seen.add(name)
                todo.append(name)
    return wrong


def stray_files(path, _):
    """Every file of peer/ is in a room."""
    return [f"{path} is in no room of peer/"] if path.count("/") == 1 and path != "peer/main.cpp" else []


def may_include(layer, name):
    target = layer_of(name)
    if target is None:
        return False
    plain = "protocol/" if target == "protocol" else target
    return any(plain == allowed or (not allowed.endswith("/") and plain.startswith(allowed)) for allowed in LAYERS[layer])


def wrong_header(path, text):
    wrong = []
    if not text.startswith("//"):
        wrong.append(f"{path} does not start with a comment that says what it is")
    if "#pragma once\n" not in text:
        wrong.append(f"{path} has no #pragma once")
    return wrong


def wrong_size(path, text):
    lines = text.count("\n")
    return [f"{path} has {lines} lines, more than {MAX_LINES}: it is two rooms"] if lines > MAX_LINES else []


def wrong_lines(path, text):
    wrong = []
    if text and not text.endswith("\n"):
        wrong.append(f"{path} has no final newline")
    most = MAX_COLUMNS_FORMATTED if path.endswith(FORMATTED) else MAX_COLUMNS
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{path}:{number}"
        if len(line) > most:
            wrong.append(f"{place} has {len(line)} columns, more than {most}")
        if "\t" in line:
            wrong.append(f"{place} has a tab")
        if line != line.rstrip():
            wrong.append(f"{place} ends with blanks")
        if re.search(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b", line):
            wrong.append(f"{place} promises work instead of doing it")
    return wrong


def namesakes(texts):
    """Types that two headers define under one name: each file compiles, and the linker takes either for both."""
    places = {}
    for path, text in texts:
        namespace = next(iter(NAMESPACE.findall(text)), "")
        for name in TYPE.findall(text):
            places.setdefault((namespace, name), []).append(path)
    return [f"{namespace}::{name} is defined in {' and '.join(paths)}" for (namespace, name), paths in places.items() if len(paths) > 1]


def files(*folders, suffixes=(".cpp", ".hpp")):
    """The files below the folders as (path from the root, text)."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def find_formatter():
    """clang-format of the version that the project's files are formatted with, or None."""
    for name in (f"clang-format-{FORMATTER}", "clang-format"):
        if path := shutil.which(name):
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"version {FORMATTER}\.", version):
                return path
    return None


class TidyTest(unittest.TestCase):
    def check(self, rule, found):
        found = list(found)
        self.assertTrue(found, "no files: the rule looks at the wrong place")
        wrong = [line for path, text in found for line in rule(path, text)]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_layers_include_only_what_they_may_see(self):
        self.check(wrong_includes, files(*PRODUCTION))

    def test_sockets_are_named_in_one_room(self):
        self.check(wrong_sockets, files("peer"))

    def test_storage_and_keys_have_no_asio(self):
        self.check(wrong_asio, files("peer/storage", "peer/keys"))

    def test_decisions_are_pure(self):
        wrong = [line for stem in PURE for suffix in (".hpp", ".cpp") for line in acting_includes(stem + suffix)]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_a_type_has_a_name_of_its_own(self):
        self.assertFalse(namesakes(files(*PRODUCTION, suffixes=(".hpp",))))

    def test_every_file_is_in_a_room(self):
        self.check(stray_files, files("peer"))

    def test_headers_say_what_they_are(self):
        self.check(wrong_header, files(*PRODUCTION, "tests", suffixes=(".hpp",)))

    def test_production_files_are_one_room_each(self):
        self.check(wrong_size, files(*PRODUCTION))

    def test_test_files_are_one_room_each(self):
        self.check(wrong_size, files("tests"))

    def test_benchmarks_are_one_room_each(self):
        self.check(wrong_size, files("bench", suffixes=(".cpp", ".py")))

    def test_lines_are_tidy(self):
        self.check(wrong_lines, files(*PRODUCTION, "tests", "scripts", "bench", suffixes=(".cpp", ".hpp", ".py", ".txt")))
        self.check(wrong_lines, files("scripts", suffixes=(".js", ".css", ".html")))

    def test_the_formatter_has_been_run(self):
        formatter = find_formatter()
        if not formatter:
            self.skipTest(f"clang-format {FORMATTER} is not installed")
        paths = [path for path, _ in files(*PRODUCTION, "tests", "bench", suffixes=FORMATTED)]
        done = subprocess.run([formatter, "--dry-run", "-Werror", *paths], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"run {formatter} -i on these:\n{done.stderr[-4000:]}")

    def test_scripts_can_be_run(self):
        scripts = [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file()]
        self.assertTrue(scripts)
        for path in scripts:
            with self.subTest(path.name):
                self.assertTrue(os.access(path, os.X_OK), "not executable")
                self.assertTrue(path.read_text(encoding="utf-8").startswith("#!"), "does not say what runs it")


class RulesTest(unittest.TestCase):
    """Each rule finds what it is for."""

    def include(self, path, name):
        return bool(wrong_includes(path, f"#pragma once\n#include {name}\n"))

    def test_what_acts_is_found_behind_other_headers(self):
        texts = {"a.hpp": '#include "b.hpp"\n#include <map>\n', "b.hpp": '#include "a.hpp"\n#include "peer/net/asio.hpp"\n',
                 "peer/net/asio.hpp": "#include <asio/ip/tcp.hpp>\n", "c.hpp": "#include <thread>\n", "d.hpp": "#include <vector>\n"}
        self.assertEqual(len(acting_includes("a.hpp", texts.get)), 1)
        self.assertEqual(len(acting_includes("c.hpp", texts.get)), 1)
        self.assertEqual(acting_includes("d.hpp", texts.get), [])

    def test_arrows_point_one_way(self):
        self.assertFalse(self.include("protocol/wire/decoder.hpp", '"protocol/bitfield.hpp"'))
        self.assertTrue(self.include("protocol/wire/decoder.hpp", '"protocol/session.hpp"'))
        self.assertTrue(self.include("protocol/wire/decoder.hpp", '"protocol/swarm/swarm.hpp"'))
        self.assertTrue(self.include("protocol/bitfield.hpp", '"protocol/wire/message.hpp"'))
        self.assertTrue(self.include("protocol/bitfield.hpp", '"protocol/session.hpp"'))
        self.assertFalse(self.include("protocol/session.hpp", '"protocol/wire/message.hpp"'))
        self.assertTrue(self.include("protocol/session.cpp", '"protocol/swarm/choker.hpp"'))
        self.assertFalse(self.include("protocol/swarm/link.hpp", '"protocol/session.hpp"'))
        self.assertFalse(self.include("protocol/door/door.cpp", '"protocol/wire/handshake.hpp"'))
        self.assertTrue(self.include("protocol/door/door.cpp", '"protocol/swarm/swarm.hpp"'))
        self.assertTrue(self.include("protocol/swarm/swarm.cpp", '"protocol/door/door.hpp"'))
        self.assertTrue(self.include("protocol/swarm/swarm.cpp", '"config/common_cfg.hpp"'))
        self.assertTrue(self.include("protocol/swarm/swarm.cpp", '"peer/ground/clock.hpp"'))
        self.assertTrue(self.include("config/text.cpp", '"protocol/ids.hpp"'))
        self.assertFalse(self.include("peer/commands/setup.hpp", '"config/peer_info.hpp"'))
        self.assertFalse(self.include("peer/commands/setup.hpp", '"protocol/swarm/swarm.hpp"'))
        self.assertTrue(self.include("peer/main.cpp", '"tests/support/catch.hpp"'))
        self.assertFalse(self.include("sim/peer.hpp", '"protocol/swarm/swarm.hpp"'))
        self.assertTrue(self.include("sim/peer.hpp", '"peer/commands/classic_command.hpp"'))
        self.assertTrue(self.include("peer/commands/classic_command.cpp", '"sim/network.hpp"'))

    def test_rooms_of_peer(self):
        self.assertFalse(self.include("peer/node/exchange.hpp", '"peer/storage/piece_store.hpp"'))
        self.assertFalse(self.include("peer/commands/check.cpp", '"peer/node/life.hpp"'))
        self.assertFalse(self.include("peer/content/target.cpp", '"peer/ground/exit_code.hpp"'))
        self.assertTrue(self.include("peer/node/exchange.hpp", '"peer/commands/setup.hpp"'))
        self.assertTrue(self.include("peer/share/library.hpp", '"peer/node/life.hpp"'))
        self.assertTrue(self.include("peer/share/library.hpp", '"peer/discovery/tally.hpp"'))
        self.assertTrue(self.include("peer/storage/file.cpp", '"peer/net/asio.hpp"'))
        self.assertTrue(self.include("peer/net/stream.cpp", '"peer/storage/file.hpp"'))
        self.assertTrue(wrong_sockets("peer/node/exchange.hpp", "void add(tcp::socket socket);\n"))
        self.assertFalse(wrong_sockets("peer/net/dialer.cpp", "tcp::socket socket(executor);\n"))
        self.assertTrue(wrong_asio("peer/storage/file.hpp", "#include <asio.hpp>\n"))
        self.assertTrue(wrong_asio("peer/keys/secret.hpp", "#include <spdlog/spdlog.h>\n"))
        self.assertFalse(wrong_asio("peer/storage/file.hpp", "#include <spdlog/spdlog.h>\n"))
        self.assertFalse(wrong_asio("peer/node/exchange.hpp", "#include <asio.hpp>\n"))
        self.assertFalse(self.include("peer/keys/network.hpp", '"peer/storage/digest.hpp"'))
        self.assertTrue(self.include("peer/keys/network.hpp", '"peer/storage/file.hpp"'))
        self.assertTrue(self.include("peer/storage/file.hpp", '"peer/keys/secret.hpp"'))
        self.assertFalse(self.include("peer/net/stream.hpp", '"peer/keys/network.hpp"'))
        self.assertTrue(stray_files("peer/daemon.cpp", ""))
        self.assertFalse(stray_files("peer/main.cpp", ""))

    def test_the_core_has_no_operating_system(self):
        for name in ("<thread>", "<mutex>", "<fstream>", "<sys/socket.h>", "<asio.hpp>", "<asio/post.hpp>", "<spdlog/spdlog.h>"):
            with self.subTest(name):
                self.assertTrue(self.include("protocol/swarm/swarm.cpp", name))
                self.assertFalse(self.include("peer/commands/classic_command.cpp", name))
        self.assertFalse(self.include("protocol/swarm/swarm.cpp", "<vector>"))
        self.assertTrue(self.include("config/text.cpp", "<sys/stat.h>"))
        self.assertFalse(self.include("config/text.cpp", "<nlohmann/json.hpp>"))

    def test_headers(self):
        self.assertFalse(wrong_header("a.hpp", "// What it is.\n#pragma once\n"))
        self.assertTrue(wrong_header("a.hpp", "#pragma once\n"))
        self.assertTrue(wrong_header("a.hpp", "// What it is.\n"))

    def test_namesakes(self):
        one, other = ("a.hpp", "namespace p2p {\nclass Door {\n};\n}\n"), ("b.hpp", "namespace p2p {\nclass Window;\nstruct Door : Wall {\n};\n}\n")
        self.assertFalse(namesakes([one, ("b.hpp", "namespace p2p {\nclass Door;\nclass Window {\n};\n}\n")]))
        self.assertFalse(namesakes([one, ("b.hpp", "namespace p2p::sim {\nclass Door {\n};\n}\n")]))
        self.assertEqual(len(namesakes([one, other])), 1)

    def test_sizes(self):
        self.assertFalse(wrong_size("a.cpp", "x\n" * MAX_LINES))
        self.assertTrue(wrong_size("a.cpp", "x\n" * (MAX_LINES + 1)))

    def test_lines(self):
        self.assertFalse(wrong_lines("a.cpp", "x" * MAX_COLUMNS_FORMATTED + "\n"))
        self.assertFalse(wrong_lines("a.py", "x" * MAX_COLUMNS + "\n"))
        for text in ("x" * (MAX_COLUMNS_FORMATTED + 1) + "\n", "\tx\n", "x \n", "x", "// TO" + "DO: later\n"):
            self.assertTrue(wrong_lines("a.cpp", text), repr(text))


if __name__ == "__main__":
    unittest.main()
