#!/usr/bin/env python3
"""Man pages, help, README and completions are held against the program's own table: each has every option and no other."""

import re
import unittest

from documents import MAN, PBCAST, PROGRAM, ROOT, SWARM, exit_codes_of, options_of, output, page, table

COMMANDS = table(PROGRAM)["commands"]

# Its options may begin with a single dash.
CHUNKS = next(command for command in COMMANDS if command["name"] == "peerProcess chunks")


def names_of(command):
    return [name for option in command["options"] for name in option["names"]]


def page_of(command):
    return page(command["name"].replace(" ", "-") + ".1")


class DocumentsTest(unittest.TestCase):
    def test_a_page_has_the_options_of_its_command_once_and_no_other(self):
        for command in COMMANDS:
            self.assertEqual(sorted(options_of(page_of(command))), sorted(names_of(command)), command["name"])

    def test_a_page_has_the_exit_codes_of_its_command_in_its_words(self):
        for command in COMMANDS:
            self.assertEqual(exit_codes_of(page_of(command)), {each["code"]: each["meaning"] for each in command["exit_codes"]}, command["name"])

    def test_the_first_page_has_the_codes_of_all_commands(self):
        codes = {each["code"] for command in COMMANDS for each in command["exit_codes"]}
        self.assertEqual(set(exit_codes_of(page("peerProcess.1"))), codes)

    def test_the_programs_codes_are_those_of_its_source(self):
        source = (ROOT / "peer/ground/exit_code.hpp").read_text(encoding="utf-8")
        codes = {int(code) for code in re.findall(r"^  \w+ = (\d+),", source, flags=re.MULTILINE)}
        self.assertEqual({each["code"] for command in COMMANDS for each in command["exit_codes"]}, codes)

    def test_help_has_the_options_the_variables_and_the_codes(self):
        for command in COMMANDS:
            text = output(PROGRAM, *command["name"].split()[1:], "--help")
            for option in command["options"]:
                self.assertIn(",".join(option["names"]), text)
                self.assertEqual("variable" in option, f"[{option.get('variable', 'PEERPROCESS_' + option['names'][-1][2:].upper())}]" in text)
            listed = text[text.index("Exit codes:"):].replace("\n", " ").strip()
            for each in command["exit_codes"]:
                self.assertRegex(listed, rf"(^|[:,]) +{each['code']} {re.escape(each['meaning'])}(,|$)")

    def test_a_variable_is_its_options_name(self):
        for command in COMMANDS:
            for option in command["options"]:
                name = option["names"][-1]
                if name in ("--help", "--help-json", "--version", "--check"):
                    self.assertNotIn("variable", option)
                else:
                    self.assertEqual(option["variable"], "PEERPROCESS_" + name[2:].replace("-", "_").upper())

    def test_each_command_and_page_is_named_in_the_first_page(self):
        first = page("peerProcess.1")
        for source in MAN.glob("*.scd"):
            name, number = source.stem.rsplit(".", 1)
            if name != "peerProcess":
                self.assertIn(f"*{name}*({number})", first)

    def test_each_command_has_a_page_and_each_page_a_command(self):
        pages = {source.stem for source in MAN.glob("peerProcess*.1.scd")}
        self.assertEqual(pages, {command["name"].replace(" ", "-") + ".1" for command in COMMANDS})

    def test_readme_speaks_of_no_option_that_is_none(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        known = {name for command in COMMANDS for name in names_of(command)} | {"-" + name[2:] for name in names_of(CHUNKS)}
        known |= {name for option in table(SWARM)["options"] for name in option["names"]}
        for line in re.findall(r"^.*peerProcess (?:share|ls|get|manifest|verify|chunks|key|network|\d+) .*$", text, flags=re.MULTILINE):
            said = re.search(r"peerProcess (\w+) .*", line)[0].split("#")[0].split("`")[0].split("|")[0]
            for name in re.findall(r"(?<=\s)--?[a-z][\w-]*", said):
                self.assertIn(name, known, line)


class SwarmTest(unittest.TestCase):
    """pswarm, whose table comes from its parser."""

    def setUp(self):
        self.table = table(SWARM)
        self.page = page("pswarm.1")

    def test_the_page_has_its_options_and_commands_and_no_other(self):
        names = [name for option in self.table["options"] for name in option["names"]]
        self.assertEqual(sorted(options_of(self.page)), sorted(names))
        for command in self.table["arguments"][0]["choices"]:
            self.assertIn(f"*pswarm {command}*", self.page)
            self.assertRegex(self.page, rf"(?m)^\*{command}\*\n\t")

    def test_the_pages_of_push_and_pbcast_have_their_options_and_no_other(self):
        for page_name, words in (("pswarm-push.1", (SWARM, "push")), ("pbcast.1", (PBCAST,))):
            names = [name for option in table(*words)["options"] for name in option["names"]]
            self.assertEqual(sorted(options_of(page(page_name))), sorted(names))

    def test_help_has_its_options(self):
        text = output(SWARM, "--help")
        for option in self.table["options"]:
            for name in option["names"]:
                self.assertIn(name, text)

    def test_the_page_has_the_exit_codes_of_the_scripts(self):
        source = (ROOT / "scripts/swarmlib/cli.py").read_text(encoding="utf-8")
        codes = {int(code) for code in re.findall(r"^    [A-Z_]+ = (\d+)$", source, flags=re.MULTILINE)}
        self.assertEqual(set(exit_codes_of(self.page)), codes)


if __name__ == "__main__":
    unittest.main()
