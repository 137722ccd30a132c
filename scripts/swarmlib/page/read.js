"use strict";
// The data of the page, unpacked: the other side of page/__init__.py. Times are milliseconds from the beginning of the run.

const NEVER = Infinity;
const HAD = -1; // The time of a piece that was there at the begin.

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function unpack(text) {
  const numbers = [];
  let number = 0, scale = 1;
  for (const byte of bytes(text)) {
    number += (byte & 127) * scale;
    if (byte & 128) {
      scale *= 128;
    } else {
      numbers.push(number);
      number = 0;
      scale = 1;
    }
  }
  return numbers;
}

function readRun(data) {
  const run = { ...data, groups: Math.ceil(data.pieces / data.group) };
  run.peers = data.peers.map((peer, index) => readPeer(peer, index, run));
  run.last = Math.max(0, ...run.peers.map((peer) => peer.last));
  return run;
}

function readPeer(data, index, run) {
  const peer = { ...data, index, got: [], arrival: new Float64Array(run.groups).fill(data.seed ? HAD : NEVER), last: 0 };
  peer.source = new Int32Array(run.groups).fill(-1);
  const bits = bytes(data.kept);
  for (let group = 0; group < bits.length * 8 && group < run.groups; group++) {
    if (bits[group >> 3] >> (group & 7) & 1) peer.arrival[group] = HAD;
  }
  const groups = unpack(data.groups);
  for (let i = 0, time = 0; i < groups.length; i += 3) {
    time += groups[i] * run.tick;
    peer.arrival[groups[i + 1]] = time;
    peer.source[groups[i + 1]] = groups[i + 2] - 1;
    peer.last = time;
  }
  readGot(peer, run);
  readChokes(peer, run);
  readChosen(peer, run);
  return peer;
}

function readGot(peer, run) {
  peer.times = [];
  peer.totals = [];
  const got = unpack(run.peers[peer.index].got);
  let total = peer.had;
  for (let i = 0, time = 0; i < got.length; i += 3) {
    time += got[i] * run.tick;
    const again = got[i + 1] & 1;
    peer.got.push({ time, source: (got[i + 1] >> 1) - 1, count: got[i + 2], again });
    total += again ? 0 : got[i + 2];
    peer.times.push(time);
    peer.totals.push(total);
  }
}

// unchokedBy: by neighbor, the spans [begin, end) in which that one unchoked this peer.
function readChokes(peer, run) {
  peer.unchokedBy = new Map();
  const chokes = unpack(peer.chokes);
  for (let i = 0, time = 0; i < chokes.length; i += 2) {
    time += chokes[i] * run.tick;
    const neighbor = chokes[i + 1] >> 1;
    if (!peer.unchokedBy.has(neighbor)) peer.unchokedBy.set(neighbor, []);
    const spans = peer.unchokedBy.get(neighbor);
    if (chokes[i + 1] & 1) {
      spans.push([time, NEVER]);
    } else if (spans.length) {
      spans[spans.length - 1][1] = time;
    }
  }
}

// preferred, optimistic: [begin, end, neighbors] one after the other; each holds until the next line says otherwise.
function readChosen(peer, run) {
  peer.preferred = [];
  peer.optimistic = [];
  const chosen = unpack(peer.chosen);
  for (let i = 0, time = 0; i < chosen.length;) {
    time += chosen[i] * run.tick;
    const isOptimistic = chosen[i + 1] === 1;
    const neighbors = isOptimistic ? [chosen[i + 2] - 1].filter((n) => n >= 0) : chosen.slice(i + 3, i + 3 + chosen[i + 2]);
    const spans = isOptimistic ? peer.optimistic : peer.preferred;
    if (spans.length) spans[spans.length - 1][1] = time;
    spans.push([time, NEVER, neighbors]);
    i += 3 + (isOptimistic ? 0 : chosen[i + 2]);
  }
}

// How many of the ascending times are not after t.
function upTo(times, t) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

function heldAt(peer, t) {
  const count = upTo(peer.times, t);
  return count ? peer.totals[count - 1] : peer.had;
}

// received[receiver][giver]: pieces up to t, those that came again too; the last column is of unknown givers.
function fedAt(run, t) {
  return run.peers.map((peer) => {
    const row = new Uint32Array(run.peers.length + 1);
    for (const got of peer.got) {
      if (got.time > t) break;
      row[got.source < 0 ? run.peers.length : got.source] += got.count;
    }
    return row;
  });
}

function isIn(spans, t) {
  return Boolean(spans) && spans.some(([begin, end]) => begin <= t && t < end);
}

function timeText(ms) {
  if (ms < 60000) return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + " s";
  const seconds = Math.floor(ms / 1000), hours = Math.floor(seconds / 3600);
  const two = (number) => String(number).padStart(2, "0");
  const rest = two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
  return hours ? hours + ":" + rest : rest.replace(/^0/, "") + " min";
}

function dateText(ms) {
  return ms < 0 || ms > 8.64e15 ? "" : new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function counted(number, what) {
  return number.toLocaleString("en") + " " + what + (number === 1 ? "" : "s");
}
