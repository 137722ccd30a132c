"""The items of the rubric in its order, and how a run has to be made to show each."""

from typing import NamedTuple


class Item(NamedTuple):
    id: str
    title: str
    change: str  # what to change where a run cannot show it


ITEMS = (
    Item("1a", "start: reads Common.cfg and PeerInfo.cfg", "run at least two peers, and put their logs into the directory"),
    Item("1b", "start: connects to every earlier line", "run at least two peers, and put the logs of both into the directory"),
    Item("1c", "start: ends by itself", "use scripts/swarm check --run PROGRAM, which starts the processes and sees how they end"),
    Item("2a", "handshake", "put the logs of both ends of a connection into the directory"),
    Item("2b", "bitfield", "start one peer with the file, and one without it"),
    Item("2c", "interested", "start one peer with the file, and one without it"),
    Item("2d", "k preferred neighbors every p seconds", "more leechers than k, and a file large enough for more than two intervals"),
    Item("2e", "an optimistic neighbor every m seconds", "at least k + 2 leechers, and a file large enough for more than two intervals"),
    Item("3a", "request", "start one peer without the file, beside one that has it"),
    Item("3b", "piece", "start one peer with the file, and one without it; put the log of the one that receives into the directory"),
    Item("3c", "have", "at least two peers without the file, with the logs of both"),
    Item("3d", "not interested", "let a peer become complete while its neighbors are still there"),
    Item("3e", "complete file", "let the run go on until every peer has the file; put the folders peer_ID into the directory"),
    Item("3f", "the number of pieces counts up", "start one peer without the file"),
    Item("4", "terminates when every peer has the file", "let the run go on until every peer has the file"),
)
BY_ID = {item.id: item for item in ITEMS}
