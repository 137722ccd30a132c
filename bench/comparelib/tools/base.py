"""What a tool is to a run."""

import shutil

FILE_NAME = "data.bin"


class Tool:
    """One source and some leechers, of one program. A run makes one, calls prepare(), then go(), and waits for the marks.

    What is before go() is not timed: prepare() has the source up, with its file checked where the tool does that, and the
    leechers, too, where they can be up with nothing to do. A leecher is complete when its mark, a file, appears.
    """

    name = ""
    says = ""  # what exactly is run, for the report
    programs = {}  # program: Debian's package
    leechers_end = False  # a leecher is a program that ends when its copy is complete

    def __init__(self, case, folder, source, crew):
        self.case, self.folder, self.source, self.crew = case, folder, source, crew
        self.marks = [folder / "done" / str(i) for i in range(case.leechers)]
        self.copies = [folder / f"leecher{i}" / FILE_NAME for i in range(case.leechers)]
        for path in (*self.marks, *self.copies):
            path.parent.mkdir(parents=True, exist_ok=True)

    @classmethod
    def missing(cls):
        """What has to be installed, None when nothing."""
        packages = sorted({package for program, package in cls.programs.items() if shutil.which(program) is None})
        return f"apt-get install {' '.join(packages)}" if packages else None

    def prepare(self):
        """All that is not timed."""

    def go(self):
        """Begins: gives the word to leechers that are up, or starts them all. Returns without waiting for more."""

    def close(self):
        """Frees what is no process."""


def address(i):
    """Leecher i's own address on the loopback; -1 is the source. Clients allow one peer an address."""
    return f"127.77.{(i + 2) // 250}.{(i + 2) % 250 + 1}"
