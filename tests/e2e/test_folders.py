"""Whole folders: a folder as one content, and many files by one get."""

import json
import os
import unittest

import share_case
from share_case import COMPLETE, CONTENT_MISMATCH, NETWORK, TIMEOUT, USAGE, Process, ShareCase, Sharer

FILES = {"top": b"1", "sub/a.bin": b"22", "sub/b.bin": b"333", "sub/notes.txt": b"4", "sub/deep/d.bin": b"5"}


def tree_of(folder):
    """Names to bytes; None for a folder in which nothing is. Our own files are left out."""
    tree = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if any(part.startswith(".peerProcess") for part in name.parts):
            continue
        if path.is_file():
            tree[str(name)] = path.read_bytes()
        elif not any(path.iterdir()):
            tree[str(name)] = None
    return tree


class Trees(ShareCase):
    """share --as"""

    def share_as(self, name, folder, *options):
        port = self.port()
        sharer = Sharer(self, f"share{len(self.sharers)}", ["--as", name, folder, "--host", "127.0.0.1", "--port", port, "--network", self.network,
                                                            *options], self.dir, port)
        sharer.folder = folder
        self.sharers.append(sharer)
        self.wait_until(lambda: name in sharer.offered(), f"{name} to be offered")
        return sharer

    def test_folder_arrives_as_a_tree(self):
        folder = self.folder(FILES | {"large.bin": self.random_bytes(700_000), "nothing": b""})
        (folder / "empty/folder").mkdir(parents=True)
        (folder / "sub/a.bin").chmod(0o755)
        sharer = self.share_as("models", folder)
        self.assertEqual([each["name"] for each in self.ls()], ["models"])
        result = self.get(COMPLETE, "models", "--out", "out")
        self.assertEqual(tree_of(self.dir / "out/models"), tree_of(folder))
        self.assertTrue(os.access(self.dir / "out/models/sub/a.bin", os.X_OK))
        self.assertEqual(sorted(each.name for each in (self.dir / "out").iterdir()), ["models"])
        # Again: it is there; by its id: under the name that it is offered under.
        self.assertIn("there already", self.start_get("models", "--out", "out").expect(COMPLETE).stderr())
        self.assertEqual(self.get(COMPLETE, result["content_id"], "--out", "by_id")["name"], "models")
        self.assertEqual(tree_of(self.dir / "by_id/models"), tree_of(folder))
        # A restart offers the same, and does not make the manifest anew.
        manifest = next((folder / ".peerProcess").glob("*.manifest"))
        stamp = manifest.stat().st_mtime_ns
        sharer.end()
        self.assertEqual(self.share_as("models", folder).offered()["models"], result["content_id"])
        self.assertEqual(manifest.stat().st_mtime_ns, stamp)

    def test_changed_folder_is_another_content(self):
        folder = self.folder(FILES)
        sharer = self.share_as("models", folder)
        first = self.get(COMPLETE, "models", "--out", "out")["content_id"]
        self.put(folder, "sub/new", b"new")
        (folder / "top").unlink()
        self.wait_until(lambda: sharer.offered().get("models", first) != first, "the changed folder to be offered")
        self.get(CONTENT_MISMATCH, "models", "--out", "out")
        self.assertEqual(tree_of(self.dir / "out/models"), FILES)
        self.get(COMPLETE, "models", "--out", "out", "--update")
        there = tree_of(self.dir / "out/models")
        self.assertEqual({name: there[name] for name in tree_of(folder)}, tree_of(folder))

    def test_name_and_folder_are_checked(self):
        folder = self.folder(FILES)
        for name in ("../x", "/x", "a.part"):
            refused = Process(self, "refused", ["share", "--as", name, folder], self.dir).expect(USAGE)
            self.assertIn("--as", refused.stderr())


class Many(ShareCase):
    """get of several names, FOLDER/, patterns, --all"""

    def many(self, code, *arguments, **options):
        done = self.start_get(*arguments, "--json", **options).expect(code)
        return {each["name"]: each for each in json.loads(done.stdout())}, done

    def states(self, code, *arguments, **options):
        return {name: each["state"] for name, each in self.many(code, *arguments, **options)[0].items()}

    def test_names_folders_patterns_and_all(self):
        self.share(FILES)
        for words, names in {("top", "sub/a.bin"): {"top", "sub/a.bin"}, ("sub/",): {name for name in FILES if name.startswith("sub/")},
                             ("sub/*.bin",): {"sub/a.bin", "sub/b.bin"}, ("--all",): set(FILES), ("sub/deep/", "t?p"): {"sub/deep/d.bin", "top"},
                             ("--name", "top", "--name", "sub/a.bin"): {"top", "sub/a.bin"}}.items():
            with self.subTest(words=words):
                self._made += 1
                out = f"out{self._made}"
                self.assertEqual(self.states(COMPLETE, *words, "--out", out), dict.fromkeys(names, "fetched"))
                self.assertEqual(tree_of(self.dir / out), {name: FILES[name] for name in names})

    def test_last_line_says_what_came(self):
        self.share(FILES)
        done = self.start_get("--all", "--out", "out").expect(COMPLETE)
        self.assertEqual(len(done.stdout().splitlines()), len(FILES))
        self.assertEqual(done.stderr().splitlines()[-1], "5 fetched (0.0 MB), 0 there already, 0 failed")

    def test_second_run_fetches_what_is_new_or_changed(self):
        sharer = self.share(FILES)
        self.states(COMPLETE, "--all", "--out", "out")
        before = sharer.offered()
        self.assertEqual(self.states(COMPLETE, "--all", "--out", "out"), dict.fromkeys(FILES, "there"))
        self.put(sharer.folder, "top", b"another")
        self.put(sharer.folder, "new", b"new")
        (sharer.folder / "sub/b.bin").unlink()
        self.wait_until(lambda: "new" in sharer.offered() and sharer.offered().get("top", before["top"]) != before["top"]
                        and "sub/b.bin" not in sharer.offered(), "the changes to be offered")
        self.put(self.dir / "out", "sub/mine", b"mine")
        states = self.states(COMPLETE, "--all", "--out", "out")
        self.assertEqual(states, {"new": "fetched", "top": "fetched", "sub/a.bin": "there", "sub/notes.txt": "there", "sub/deep/d.bin": "there",
                                  "sub/b.bin": "no longer offered"})
        self.assertEqual((self.dir / "out/top").read_bytes(), b"another")
        self.assertTrue((self.dir / "out/sub/b.bin").exists())
        self.assertEqual(self.states(COMPLETE, "--all", "--out", "out", "--delete")["sub/b.bin"], "removed")
        self.assertFalse((self.dir / "out/sub/b.bin").exists())
        self.assertEqual((self.dir / "out/sub/mine").read_bytes(), b"mine")

    def test_what_the_user_has_changed_stays(self):
        sharer = self.share(FILES)
        self.states(COMPLETE, "--all", "--out", "out")
        for name in ("top", "sub/a.bin"):
            self.put(self.dir / "out", name, b"the user's own")
        (sharer.folder / "sub/a.bin").unlink()
        self.wait_until(lambda: "sub/a.bin" not in sharer.offered(), "it to be withdrawn")
        files, done = self.many(CONTENT_MISMATCH, "--all", "--out", "out", "--delete")
        self.assertEqual((files["top"]["state"], files["top"]["exit_code"]), ("failed", CONTENT_MISMATCH))
        self.assertEqual(files["sub/a.bin"]["state"], "no longer offered")
        self.assertIn("1 failed", done.stderr().splitlines()[-1])
        for name in ("top", "sub/a.bin"):
            self.assertEqual((self.dir / "out" / name).read_bytes(), b"the user's own")
        self.assertEqual(self.states(COMPLETE, "--all", "--out", "out", "--update")["top"], "fetched")
        self.assertEqual((self.dir / "out/top").read_bytes(), b"1")

    def test_nothing_is_removed_when_somebody_does_not_answer(self):
        first, second = self.share({"a": b"1"}), self.share({"b": b"2"})
        self.states(COMPLETE, "--all", "--out", "out")
        share_case.kill_now(second)
        states = self.states(COMPLETE, "--all", "--out", "out", "--delete", join=[first.address, second.address])
        self.assertEqual(states, {"a": "there", "b": "no longer offered"})
        self.assertEqual((self.dir / "out/b").read_bytes(), b"2")

    def test_folder_of_names_says_so(self):
        self.share(FILES)
        for words in (("sub",), ("sub", "top")):
            with self.subTest(words=words):
                self.assertIn('say "sub/" for all of them', self.start_get(*words, "--out", "out").expect(USAGE).stderr())

    def test_what_nobody_has_is_told(self):
        self.share(FILES)
        done = self.start_get("top", "nobody has it", "--out", "out", "--timeout", "2").expect(TIMEOUT)
        self.assertIn('nobody was found who offers "nobody has it"', done.stderr())
        self.assertEqual((self.dir / "out/top").read_bytes(), b"1")
        self.start_get("a*", "--out", "out", join=[f"127.0.0.1:{self.port()}"]).expect(NETWORK)

    def test_nothing_is_written_through_a_link(self):
        self.share(FILES)
        (self.dir / "elsewhere").mkdir()
        (self.dir / "out").mkdir()
        (self.dir / "out/sub").symlink_to(self.dir / "elsewhere")
        states = self.states(CONTENT_MISMATCH, "--all", "--out", "out")
        self.assertEqual(states, {name: "failed" if name.startswith("sub/") else "fetched" for name in FILES})
        self.assertEqual(list((self.dir / "elsewhere").iterdir()), [])

    def test_interrupted_get_goes_on(self):
        files = {f"{number:03}": self.random_bytes(20_000, number) for number in range(100)}
        self.share(files)
        running = self.start_get("--all", "--out", "out", "--limit-down", "1M")
        self.wait_until(lambda: (self.dir / "out/003").exists(), "some files", running)
        share_case.kill_now(running)
        states = self.states(COMPLETE, "--all", "--out", "out")
        self.assertEqual(set(states), set(files))
        self.assertIn("there", states.values())
        self.assertEqual(tree_of(self.dir / "out"), files)

    def test_a_name_that_looks_like_an_id(self):
        name = "ab" * 32
        self.share({name: b"1"})
        self.assertEqual(self.get(COMPLETE, "--name", name, "--out", "out")["size"], 1)
        self.assertEqual((self.dir / "out" / name).read_bytes(), b"1")

    def test_ls_lists_what_begins_so(self):
        sharer = self.share(FILES)
        for prefix, names in {"sub/": 4, "sub/d": 1, "t": 1, "sub": 4, "nothing/": 0, "": 5}.items():
            self.assertEqual(len(self.ls(prefix)), names, prefix)
        listed = Process(self, "long", ["ls", "to", "--long", "--join", sharer.address, "--network", self.network], self.dir).expect(COMPLETE)
        self.assertEqual([line.split()[-1] for line in listed.stdout().splitlines()], ["ADDRESSES", sharer.address])

    def test_contradictions_are_refused(self):
        for words in (("--all", "x"), (), ("x", "--delete"), ("../",), ("/x",)):
            with self.subTest(words=words):
                self.start_get(*words, join=["127.0.0.1:1"]).expect(USAGE)


if __name__ == "__main__":
    unittest.main()
