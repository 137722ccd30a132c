"""Hold a run's configuration, logs and files against the course's rules, item by item.

    items      the items of the rubric, and what a run needs to show each of them
    findings   what was shown, violated or merely said in another way, and of whom
    record     the logs as the rules look at them: one view a peer, all on one clock
    clocks     how far the clocks of the logs' machines are apart
    start      items 1 and 2a: configuration, order, links
    choking    items 2d and 2e: preferred and optimistic neighbors
    interest   items 2c and 3d
    pieces     items 2b, 3a, 3b, 3c: who could have sent what
    ending     items 3e, 3f, 4 and 1c: the file, the count, the end
    judge      all of it for one directory
    show       the result for people and for programs
    trial      runs of a program under test among peers of ours

A rule accuses only where the logs leave no other reading: times of two logs are compared with a tolerance, and what
two lines of one log say in the wrong order within a second is taken for two threads that log.
"""
