"""A module a tool, or a kind of tools; all that bench/compare knows, by name."""

from .base import Tool
from .ideal import Ideal
from .ours import Ours
from .plain import Nc, Nginx, Rsync, Socat

TOOLS = {tool.name: tool for tool in (Ours, Ideal, Nginx, Rsync, Nc, Socat)}

__all__ = ["TOOLS", "Ours", "Tool"]
