#!/usr/bin/env python3
"""Clusters: folders whose file of their own name lists the others."""

import json
import unittest

from share_case import BAD_CONFIGURATION, COMPLETE, USAGE, Process, ShareCase


class Clusters(ShareCase):
    def setUp(self):
        super().setUp()
        self.ports = {name: self.port() for name in ("cluster1", "cluster2", "cluster3")}

    def entry(self, name, host=""):
        return f"{name}{'@' + host if host else ''}p[{self.ports[name]}]"

    def cluster(self, name, text, files, suffix=""):
        folder = self.dir / name
        folder.mkdir()
        (folder / (name + suffix)).write_text(text)
        for path, data in files.items():
            self.put(folder, path, data)

    def start(self, name, *options):
        sharer = Process(self, name, ["share", name, "--network", self.network, "--json", "--progress", "none", *options], self.dir)
        self.sharers.append(sharer)
        return sharer

    def run_here(self, code, *arguments):
        self._made += 1
        return Process(self, f"run{self._made}", [*arguments, "--network", self.network, "--json"], self.dir).expect(code)

    def three(self):
        """As in docs/SHARING.md: each lists others, and through them finds the rest."""
        self.cluster("cluster1", f"{self.entry('cluster2')},{self.entry('cluster3')}", {"one.bin": b"1" * 1000, "all.bin": b"a" * 5000})
        self.cluster("cluster2", f"{self.entry('cluster1')}", {"two.bin": b"2" * 1000, "all.bin": b"a" * 5000}, ".txt")
        self.cluster("cluster3", f"{self.entry('cluster1')}\n", {"three.bin": b"3" * 1000, "all.bin": b"a" * 5000})
        for name in self.ports:
            self.start(name)
        for sharer in self.sharers:
            self.wait_until(lambda sharer=sharer: any(line["event"] == "ready" and line["files"] == 2 for line in sharer.lines()), "both files to be offered")

    def test_three_clusters(self):
        self.three()
        names = {"one.bin", "two.bin", "three.bin", "all.bin"}
        listed = lambda: {each["name"]: each for each in json.loads(self.run_here(COMPLETE, "ls").stdout())}
        self.wait_until(lambda: set(listed()) == names and len(listed()["all.bin"]["holders"]) == 3, "everything to be listed")
        for name in names:
            told = json.loads(self.run_here(COMPLETE, "get", name).stdout())
            self.assertEqual(told["path"], name)
        self.assert_file(self.dir / "two.bin", b"2" * 1000)
        self.assert_file(self.dir / "three.bin", b"3" * 1000)
        # The cluster's own file is none of what it offers.
        self.assertFalse({"cluster1", "cluster2.txt", "cluster3"} & set(listed()))

    def test_found_through_one_that_lists_nobody_else(self):
        """cluster2 knows cluster1 alone, and finds what cluster3 has."""
        self.three()
        self.wait_until(lambda: len(json.loads(self.run_here(COMPLETE, "ls", "--join", f"localhost:{self.ports['cluster2']}").stdout())) == 4,
                        "all to be found through cluster2")

    def test_own_port(self):
        self.cluster("cluster1", self.entry("cluster2"), {"one.bin": b"1"})
        self.assertIn("has no port", self.run_here(USAGE, "share", "cluster1").stderr())
        given = self.start("cluster1", "--port", str(self.ports["cluster1"]))
        self.wait_until(lambda: any(line["event"] == "ready" for line in given.lines()), "it to be ready")
        self.assertEqual(given.lines()[-1]["address"], f"localhost:{self.ports['cluster1']}")

    def test_own_entry(self):
        self.cluster("cluster1", f"{self.entry('cluster1', '127.0.0.1')},{self.entry('cluster2')}", {"one.bin": b"1"})
        sharer = self.start("cluster1")
        self.wait_until(lambda: any(line["event"] == "ready" for line in sharer.lines()), "it to be ready")
        self.assertEqual(sharer.lines()[-1]["address"], f"127.0.0.1:{self.ports['cluster1']}")

    def test_what_is_wrong_is_said_with_its_place(self):
        self.cluster("cluster1", "cluster2p[5002],cluster3", {})
        failed = self.run_here(BAD_CONFIGURATION, "share", "cluster1", "--port", str(self.ports["cluster1"]))
        self.assertIn("cluster1/cluster1:1:", failed.stderr())

    def test_folder_without_a_cluster_file(self):
        (self.dir / "plain").mkdir()
        self.assertIn("is no cluster", self.run_here(USAGE, "share", "plain").stderr())


if __name__ == "__main__":
    unittest.main()
