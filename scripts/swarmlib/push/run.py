"""Carries out what push.py decides: processes, pipes and time."""

import selectors
import time
from contextlib import ExitStack, suppress

from .channel import Channel
from .push import Bring, Close, Start, Tether
from .script import head_of

BEAT_S = 4.0  # remote.sh ends a host's part after a silence six times as long (Settings.silence)
_TICK_S = 0.1
_PATIENCE_S = 8.0  # for hosts to end when they are told to


class Runner:
    """Whatever happens, no process of a lead is left here when close() has returned."""

    def __init__(self, push, text, secret, *, binary=None, environment=None):
        """`text`: of script.text_of(); `secret`: the network's line; `binary`: what Bring sends."""
        self._push = push
        self._text = text.encode()
        self._secret = secret
        self._binary = binary
        self._environment = environment
        self._channels = {}
        self._selector = selectors.DefaultSelector()
        self._began = time.monotonic()
        self._beat_at = 0.0
        self.woken = False  # by a file of the caller, in the last step

    @property
    def elapsed_s(self):
        return time.monotonic() - self._began

    def step(self, *others):
        """One turn: at most a tenth of a second. `others`: files of the caller that may wake it up."""
        self._carry_out()
        self.woken = False
        # Whatever interrupts this, the caller's files are not among ours when it is over.
        with ExitStack() as watched:
            for file in others:
                self._selector.register(file, selectors.EVENT_READ, None)
                watched.callback(self._selector.unregister, file)
            for selected, events in self._selector.select(_TICK_S):
                if selected.data is None:
                    self.woken = True
                else:
                    self._serve(selected.data, events)
        self._push.on_time(self.elapsed_s)
        self._beat()
        self._carry_out()
        self._watch_writers()

    def close(self):
        """Tells all that it is over, and ends what does not end by itself in time."""
        for channel in self._channels.values():
            channel.close_input()
        deadline = time.monotonic() + _PATIENCE_S
        while self._channels and time.monotonic() < deadline:
            self._watch_writers()
            for selected, events in self._selector.select(_TICK_S):
                self._serve(selected.data, events)
        self.kill()

    def kill(self):
        for channel in list(self._channels.values()):
            channel.kill()
            self._release(channel)

    # -------------------------------------------------------------------------------------------------------------

    def _serve(self, channel, events):
        channel.flush() if events & selectors.EVENT_WRITE else self._read(channel)

    def _carry_out(self):
        while effects := self._push.take_effects():
            for effect in effects:
                self._do(effect)

    def _do(self, effect):
        if isinstance(effect, Start):
            self._start(effect)
            return
        channel = self._channels.get(effect.key)
        if channel is None:
            return
        if isinstance(effect, Close):
            channel.close_input()
            return
        if isinstance(effect, Bring):
            channel.send(f"{len(self._binary)}\n".encode())
            channel.send(self._binary)
        if isinstance(effect, Tether) and not channel.is_tethered:
            channel.is_tethered = True
            channel.send(self._secret)

    def _start(self, start):
        try:
            channel = Channel(start.key, start.lead.command, self._environment)
        except OSError as error:
            self._push.on_line(start.key, f"{start.lead.command[0]}: {error.strerror}", self.elapsed_s)
            self._push.on_end(start.key, 127, self.elapsed_s)
            return
        self._channels[start.key] = channel
        self._selector.register(channel.output, selectors.EVENT_READ, channel)
        channel.send(self._text + head_of(start.lead.name, start.lead.branch).encode())

    def _read(self, channel):
        lines = channel.read_lines()
        if lines is None:
            lines = [channel.last_line()] if channel.last_line() else []
            ended = True
        else:
            ended = False
        for line in lines:
            self._push.on_line(channel.key, line, self.elapsed_s)
        if ended:
            self._end(channel)

    def _end(self, channel):
        channel.close_input()
        # Its output is at its end; the process is about to follow.
        deadline = time.monotonic() + 1
        while channel.exit_code() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if channel.exit_code() is None:
            channel.kill()
        code = channel.exit_code()
        self._release(channel)
        self._push.on_end(channel.key, code, self.elapsed_s)

    def _release(self, channel):
        with suppress(KeyError):
            self._selector.unregister(channel.output)
        self._forget_writer(channel)
        channel.release()
        self._channels.pop(channel.key, None)

    def _beat(self):
        if time.monotonic() < self._beat_at:
            return
        self._beat_at = time.monotonic() + BEAT_S
        for channel in self._channels.values():
            if channel.is_tethered:
                channel.send(b".\n")

    def _watch_writers(self):
        for channel in self._channels.values():
            if channel.wants_to_write and channel.input.fileno() not in self._selector.get_map():
                self._selector.register(channel.input, selectors.EVENT_WRITE, channel)
            elif not channel.wants_to_write:
                self._forget_writer(channel)

    def _forget_writer(self, channel):
        if channel.input is not None:
            with suppress(KeyError):
                self._selector.unregister(channel.input)
