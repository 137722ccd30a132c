"""What bench/compare is made of. Each module has one task:

    options    the command line in, cases and tools out
    machine    what the machine is, who uses it, what a process has used; a network of our own
    warm       the source file, and page cache that has been touched
    watch      waits for files to appear, which is how every tool says that a copy is complete
    crew       the processes of one run: what they use, and that none of them is left
    measure    one run of one tool, from nothing to compared copies
    series     all runs in their order, each repeated when somebody else was busy
    report     medians, spreads and ratios; the table
    curves     the drawn form of a report
    tools/     a module a tool: how its source and its leechers are started

The scripts' own modules (scripts/swarmlib) are used where they fit. Standard library only, Linux only.
"""
