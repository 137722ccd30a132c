// The page: builds what is built once, and redraws when the time, the peer, the piece, the width or the colors change.

const run = readRun(JSON.parse(document.getElementById("data").textContent));
const state = { time: run.span, peer: -1, piece: 0, cell: { row: 0, column: 0 }, fed: [] };
const STEPS = 1000; // Of the slider.
const PLAY_MS = 10000;
const byId = (id) => document.getElementById(id);

function textElement(name, text, className) {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function buildHeader() {
  byId("title").textContent = run.title;
  document.title = run.title + " \u2013 swarm report";
  const seeds = run.peers.filter((peer) => peer.seed).length, lines = run.peers.reduce((sum, peer) => sum + peer.lines, 0);
  const parts = [`${counted(run.peers.length, "peer")}, ${seeds} of them with all pieces from the beginning`, counted(run.pieces, "piece"),
    `${timeText(run.span)} from ${dateText(run.begin)}`, counted(lines, "event")];
  if (run.runs > 1) parts.push(`run ${run.run} of ${run.runs}`);
  byId("summary").textContent = parts.filter(Boolean).join(" \u00b7 ");
  if (run.notes.length) {
    byId("notes").hidden = false;
    byId("notes").open = run.notes.length <= 3;
    byId("notes-count").textContent = counted(run.notes.length, "note") + " on the logs";
    byId("notes-list").append(...run.notes.map((note) => textElement("li", note)));
  }
}

function buildPeers() {
  byId("peer").append(new Option("all", "-1"), ...run.peers.map((peer) => new Option(peer.id, peer.index)));
  const body = byId("peers").tBodies[0];
  for (const peer of run.peers) {
    const row = body.insertRow(), cells = Array.from({ length: 6 }, () => row.insertCell());
    const button = textElement("button", String(peer.id));
    button.type = "button";
    button.addEventListener("click", () => choose(state.peer === peer.index ? -1 : peer.index));
    const host = textElement("bdi", peer.host, "host");
    host.title = peer.host;
    cells[0].append(button, host);
    const bar = textElement("div", "", peer.seed ? "bar seed" : "bar");
    bar.append(document.createElement("div"));
    cells[1].append(bar);
    cells[2].className = cells[3].className = "number";
    cells[4].className = "number wide";
    cells[5].className = "wide";
    peer.row = { row, button, fill: bar.firstChild, pieces: cells[2], done: cells[3], gave: cells[4], from: cells[5] };
  }
}

function updatePeers() {
  const gave = new Float64Array(run.peers.length);
  for (const row of state.fed) run.peers.forEach((_, giver) => { gave[giver] += row[giver]; });
  for (const peer of run.peers) {
    const { row, button, fill, pieces, done, from } = peer.row, held = heldAt(peer, state.time);
    fill.style.width = (run.pieces ? Math.min(100, held / run.pieces * 100) : 0) + "%";
    pieces.textContent = held;
    done.textContent = peer.seed ? "seed" : peer.done !== null && peer.done <= state.time ? timeText(peer.done) : "";
    peer.row.gave.textContent = gave[peer.index];
    row.classList.toggle("chosen", peer.index === state.peer);
    button.setAttribute("aria-pressed", peer.index === state.peer);
    const sources = state.fed[peer.index], total = sources.reduce((a, b) => a + b, 0);
    const best = run.peers.map((_, i) => i).filter((i) => sources[i]).sort((a, b) => sources[b] - sources[a]).slice(0, 3);
    from.textContent = best.map((i) => `${run.peers[i].id} ${Math.round(sources[i] / total * 100)} %`).join(", ");
  }
}

function draw() {
  drawRate(run, state);
  drawCurves(run, state);
  drawMatrix(run, state);
  updatePeers();
  drawChokes(run, state);
  drawChosen(run, state);
  drawSpread(run, state);
  showJourney(run, state);
  byId("now").textContent = timeText(state.time);
  byId("time").setAttribute("aria-valuetext", timeText(state.time));
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function setTime(time) {
  state.time = Math.max(0, Math.min(run.span, time));
  byId("time").value = run.span ? Math.round(state.time / run.span * STEPS) : STEPS;
  redraw();
}

function choose(peer) {
  state.peer = peer;
  byId("peer").value = String(peer);
  if (peer >= 0) state.cell.row = peer;
  redraw();
}

function choosePiece(piece) {
  state.piece = Math.max(0, Math.min(run.pieces - 1, Math.floor(piece) || 0));
  byId("piece").value = state.piece;
  redraw();
}

function stopPlaying() {
  state.playing = false;
  byId("play").textContent = "Play";
}

function play() {
  if (state.playing) return stopPlaying();
  state.playing = true;
  byId("play").textContent = "Pause";
  if (state.time >= run.span) setTime(0);
  let last;
  const step = (now) => {
    if (!state.playing) return;
    setTime(state.time + (now - (last ?? now)) / PLAY_MS * run.span);
    last = now;
    if (state.time >= run.span) stopPlaying();
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

// A press or a drag on a chart of time sets the time.
function scrub(id) {
  const canvas = byId(id);
  const set = (event) => {
    const box = canvas.getBoundingClientRect();
    stopPlaying();
    setTime((event.clientX - box.left - LABELS) / Math.max(1, box.width - LABELS) * run.span);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    set(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons & 1 && set(event));
}

function moveCell(row, column) {
  const last = run.peers.length - 1, within = (value) => Math.max(0, Math.min(last, value));
  state.cell = { row: within(row), column: within(column) };
  redraw();
}

function fullestCell() {
  const best = { row: 0, column: 0, pieces: -1 };
  fedAt(run, run.span).forEach((row, i) => run.peers.forEach((_, column) => {
    if (i !== column && row[column] > best.pieces) Object.assign(best, { row: i, column, pieces: row[column] });
  }));
  return best;
}

function listen() {
  byId("time").addEventListener("input", (event) => {
    stopPlaying();
    setTime(Number(event.target.value) / STEPS * run.span);
  });
  byId("play").addEventListener("click", play);
  byId("peer").addEventListener("change", (event) => choose(Number(event.target.value)));
  byId("piece").addEventListener("input", (event) => event.target.value !== "" && choosePiece(Number(event.target.value)));
  ["curves", "chokes", "chosen"].forEach(scrub);
  const matrix = byId("matrix"), spread = byId("spread");
  matrix.addEventListener("pointermove", (event) => {
    const box = matrix.getBoundingClientRect();
    const row = (event.clientY - box.top - matrixPlace.top) / matrixPlace.cell, column = (event.clientX - box.left - matrixPlace.left) / matrixPlace.cell;
    const inside = (value) => value >= 0 && value < run.peers.length;
    if (inside(row) && inside(column)) moveCell(Math.floor(row), Math.floor(column));
  });
  matrix.addEventListener("click", () => choose(state.cell.row));
  matrix.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) moveCell(state.cell.row + step[0], state.cell.column + step[1]);
    else if (event.key === "Enter") choose(state.cell.row);
    else return;
    event.preventDefault();
  });
  spread.addEventListener("click", (event) => {
    const box = spread.getBoundingClientRect(), share = (event.clientX - box.left - LABELS) / Math.max(1, box.width - LABELS);
    choosePiece(Math.floor(Math.max(0, Math.min(0.9999, share)) * run.groups) * run.group);
  });
  new ResizeObserver(redraw).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColors();
    redraw();
  });
}

readColors();
buildHeader();
buildPeers();
state.cell = fullestCell();
byId("piece").max = Math.max(0, run.pieces - 1);
listen();
draw();
