"""A module a tool, or a kind of tools; all that bench/compare knows, by name."""

from .aria2 import Aria2
from .base import Tool
from .getters import Getters
from .ideal import Ideal
from .libtorrent import Libtorrent
from .ours import Ours
from .plain import Nc, Nginx, Rsync, Socat
from .rtorrent import Rtorrent

TOOLS = {tool.name: tool for tool in (Ours, Getters, Ideal, Libtorrent, Aria2, Rtorrent, Nginx, Rsync, Nc, Socat)}

__all__ = ["TOOLS", "Ours", "Tool"]
