// The charts. Each draws the run as it is at state.time; state.peer is the number of the chosen peer, or -1 for all.

function drawRate(run, state) {
  const view = surface("rate", 28), { ctx, width, height } = view;
  const bins = Math.max(10, Math.min(240, Math.floor(width / 3)));
  if (!run.rates || run.rates.length !== bins) {
    run.rates = new Float64Array(bins);
    for (const peer of run.peers) {
      for (const got of peer.got) run.rates[Math.min(bins - 1, Math.floor(got.time / (run.span || 1) * bins))] += got.count;
    }
    run.mostRate = Math.max(1, ...run.rates);
  }
  run.rates.forEach((count, i) => {
    const tall = count ? Math.max(1, count / run.mostRate * (height - 4)) : 0;
    ctx.fillStyle = (i / bins) * run.span <= state.time ? colors.held : colors.had;
    ctx.fillRect(i * width / bins, height - tall, Math.max(0.5, width / bins - 1), tall);
  });
}

function drawCurves(run, state) {
  const view = surface("curves", 260), { ctx, width, height } = view;
  const bottom = height - FOOT, top = 8;
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const y = bottom - (bottom - top) * share;
    ctx.fillStyle = colors.line;
    ctx.fillRect(LABELS, Math.round(y), width - LABELS, 1);
    ctx.fillStyle = colors.soft;
    ctx.textAlign = "right";
    ctx.fillText(share * 100 + " %", LABELS - 6, Math.max(7, y));
  }
  const x = timeAxis(view, LABELS, width, bottom, run.span, state.time);
  const y = (count) => bottom - (bottom - top) * (run.pieces ? Math.min(1, count / run.pieces) : 0);
  const path = (peer) => {
    ctx.beginPath();
    ctx.moveTo(x(0), y(peer.had));
    let last = x(0), level = peer.had;
    peer.times.forEach((time, i) => {
      const now = x(time);
      // One step a pixel is as many as can be seen.
      if (now - last >= 0.7) {
        ctx.lineTo(last, y(level));
        ctx.lineTo(now, y(level));
        last = now;
      }
      level = peer.totals[i];
    });
    ctx.lineTo(last, y(level));
    ctx.lineTo(width, y(level));
    ctx.stroke();
  };
  const part = (from, to, alpha) => {
    ctx.save();
    ctx.beginPath();
    ctx.rect(from, 0, to - from, height);
    ctx.clip();
    ctx.globalAlpha = alpha;
    for (const peer of run.peers) {
      ctx.strokeStyle = peer.had === run.pieces ? colors.had : colors.held;
      ctx.lineWidth = run.peers.length > 12 ? 1 : 1.5;
      if (peer.index !== state.peer) path(peer);
    }
    if (state.peer >= 0) {
      ctx.globalAlpha = Math.min(1, alpha * 2);
      ctx.strokeStyle = colors.fresh;
      ctx.lineWidth = 2.5;
      path(run.peers[state.peer]);
    }
    ctx.restore();
  };
  const some = run.peers.length > 60 ? 0.45 : 0.75;
  part(LABELS, x(state.time), some);
  part(x(state.time), width, some * 0.3);
  const complete = run.peers.filter((peer) => heldAt(peer, state.time) >= run.pieces).length;
  view.canvas.setAttribute("aria-label", `Completion over time. At ${timeText(state.time)} ${complete} of ${counted(run.peers.length, "peer")} hold all pieces.`);
}

// What is drawn of the matrix, so that a pointer finds its cell.
const SHADES = 24;
const matrixPlace = { left: 0, top: 0, cell: 1 };

function drawMatrix(run, state) {
  const count = run.peers.length, canvas = document.getElementById("matrix");
  const room = Math.min(canvas.clientWidth - LABELS - 2, count > 80 ? 1000 : 680), cell = Math.min(64, room / Math.max(1, count)), top = cell >= 7 ? 34 : 14;
  const view = surface("matrix", top + cell * count + 2), { ctx } = view;
  Object.assign(matrixPlace, { left: LABELS, top, cell });
  const fed = fedAt(run, state.time);
  state.fed = fed;
  const most = Math.max(1, ...fed.map((row) => row.subarray(0, count).reduce((a, b) => Math.max(a, b), 0)));
  const gap = cell > 8 ? 1.5 : cell > 4 ? 0.5 : 0;
  const shades = Array.from({ length: SHADES + 1 }, (_, i) => mixed(colors.empty, colors.held, i && 0.15 + 0.85 * i / SHADES));
  run.peers.forEach((peer, row) => {
    run.peers.forEach((giver, column) => {
      const x = LABELS + column * cell, y = top + row * cell, pieces = fed[row][column];
      ctx.fillStyle = row === column ? colors.card : shades[pieces && Math.ceil(Math.sqrt(pieces / most) * SHADES)];
      ctx.fillRect(x, y, cell - gap, cell - gap);
      if (cell >= 26 && pieces) {
        ctx.fillStyle = pieces / most > 0.3 ? colors.card : colors.ink;
        ctx.textAlign = "center";
        ctx.fillText(pieces, x + (cell - gap) / 2, y + (cell - gap) / 2, cell - 4);
      }
      if (cell >= 5 && isIn(peer.unchokedBy.get(column), state.time)) {
        ctx.strokeStyle = colors.fresh;
        ctx.lineWidth = cell > 14 ? 2 : 1;
        ctx.strokeRect(x + 1, y + 1, cell - gap - 2, cell - gap - 2);
      }
    });
  });
  rowNames(view, run.peers.map((peer) => peer.id), top, cell, state.peer);
  columnNames(view, run, cell, top);
  const { row, column } = state.cell;
  ctx.strokeStyle = colors.ink;
  ctx.lineWidth = 2;
  ctx.strokeRect(LABELS + column * cell - 1, top + row * cell - 1, cell - gap + 2, cell - gap + 2);
  sayCell(run, state);
}

function columnNames(view, run, cell, top) {
  const { ctx } = view, each = Math.ceil(13 / cell);
  ctx.fillStyle = colors.soft;
  run.peers.forEach((peer, i) => {
    if (i % each) return;
    ctx.save();
    ctx.translate(LABELS + (i + 0.5) * cell, top - 5);
    if (cell >= 34) {
      ctx.textAlign = "center";
      ctx.fillText(peer.id, 0, -4, cell);
    } else if (cell >= 7) {
      ctx.rotate(-Math.PI / 2);
      ctx.textAlign = "left";
      ctx.fillText(peer.id, 0, 0, top - 6);
    }
    ctx.restore();
  });
}

function sayCell(run, state) {
  const { row, column } = state.cell;
  const says = document.getElementById("matrix-says");
  if (!run.peers.length) return;
  const receiver = run.peers[row], giver = run.peers[column], pieces = state.fed[row][column];
  const share = run.pieces ? Math.round(pieces / run.pieces * 100) : 0;
  let text = row === column ? `${receiver.id} cannot feed itself.` : `${receiver.id} got ${counted(pieces, "piece")} (${share} %) from ${giver.id}`;
  if (row !== column) text += isIn(receiver.unchokedBy.get(column), state.time) ? ", who unchokes it." : ".";
  if (!receiver.log) text += ` No log of ${receiver.id}, so its sources are unknown.`;
  if (says.textContent !== text) says.textContent = text;
}

// For one peer, a lane for each neighbor; for all, a lane for each peer, the darker the more neighbors.
function drawLanes(run, state, id, ofOne, ofAll) {
  const rows = state.peer < 0 ? run.peers : run.peers.filter((peer) => peer.index !== state.peer);
  const view = surface(id, lanesHeight(rows.length));
  const all = state.peer < 0 ? rows.map(ofAll) : [];
  const most = Math.max(1, ...all.flat().map(([, , count]) => count));
  const spans = (row) => state.peer >= 0 ? ofOne(rows[row])
    : all[row].map(([begin, end, count]) => [begin, end, mixed(colors.empty, colors.held, 0.2 + 0.8 * count / most)]);
  lanes(view, rows.map((peer) => peer.id), run.span, state.time, spans);
  return view.canvas;
}

function drawChokes(run, state) {
  const peer = run.peers[state.peer];
  const canvas = drawLanes(run, state, "chokes",
    (neighbor) => (peer.unchokedBy.get(neighbor.index) ?? []).map(([begin, end]) => [begin, end, colors.held]),
    (each) => levels([...each.unchokedBy.values()].flat()));
  const open = (each) => [...each.unchokedBy.values()].filter((spans) => isIn(spans, state.time)).length;
  const total = peer ? open(peer) : run.peers.reduce((sum, each) => sum + open(each), 0);
  document.getElementById("chokes-hint").textContent = peer
    ? `By the log of ${peer.id}: a lane is a neighbor, filled while that one unchokes ${peer.id}.`
    : "A lane is a peer: the darker, the more neighbors unchoke it. Choose a peer above for its neighbors one by one.";
  canvas.setAttribute("aria-label", `Choke timeline. At ${timeText(state.time)} ${peer ? `${counted(total, "neighbor")} unchoke ${peer.id}.` : `${counted(total, "link")} unchoked.`}`);
}

function spansOf(spans, neighbor, color) {
  return spans.filter(([, , neighbors]) => neighbors.includes(neighbor)).map(([begin, end]) => [begin, end, color]);
}

// How many peers prefer each one, by number.
function preferredBy(run) {
  run.wanted ??= run.peers.map(() => []);
  if (!run.wantedReady) {
    for (const peer of run.peers) {
      for (const span of [...peer.preferred, ...peer.optimistic]) for (const neighbor of span[2]) run.wanted[neighbor].push(span);
    }
    run.wanted = run.wanted.map(levels);
    run.wantedReady = true;
  }
  return run.wanted;
}

function drawChosen(run, state) {
  const peer = run.peers[state.peer];
  const canvas = drawLanes(run, state, "chosen",
    (neighbor) => [...spansOf(peer.preferred, neighbor.index, colors.held), ...spansOf(peer.optimistic, neighbor.index, colors.fresh)],
    (each) => preferredBy(run)[each.index]);
  const hint = document.getElementById("chosen-hint");
  hint.textContent = peer ? `By the log of ${peer.id}: a lane is a neighbor, a block an interval in which it is ` : "A lane is a peer: the darker, the more neighbors chose it, as preferred or optimistically.";
  if (peer) hint.append(key("held"), " preferred or ", key("fresh"), " optimistically unchoked.");
  let text = "";
  if (peer) {
    const names = (spans) => (spans.find(([begin, end]) => begin <= state.time && state.time < end)?.[2] ?? []).map((number) => run.peers[number].id);
    const preferred = names(peer.preferred), optimistic = names(peer.optimistic);
    text = `At ${timeText(state.time)}: preferred ${preferred.join(", ") || "nobody"}; optimistically unchoked ${optimistic.join(", ") || "nobody"}.`;
  }
  document.getElementById("chosen-says").textContent = text;
  canvas.setAttribute("aria-label", "Preferred neighbors by interval. " + text);
}

function key(name) {
  const mark = document.createElement("span");
  mark.className = "key " + name;
  return mark;
}

const spreadPlace = { columns: 1 };
const COPIES = 44; // Pixels for the bars of copies, with some room below.

function drawSpread(run, state) {
  const count = run.peers.length, rowHeight = Math.max(2.5, Math.min(22, 560 / Math.max(1, count)));
  const view = surface("spread", Math.round(COPIES + count * rowHeight + 2)), { ctx, width } = view;
  const columns = Math.max(1, Math.min(run.groups, Math.floor(width - LABELS)));
  spreadPlace.columns = columns;
  const image = new OffscreenCanvas(columns, Math.max(1, count)), pixels = image.getContext("2d").createImageData(columns, Math.max(1, count));
  const { empty, had, held, fresh } = Object.fromEntries(["empty", "had", "held", "fresh"].map((name) => [name, rgb(colors[name])]));
  const recent = state.time - run.span * 0.03, copies = new Uint16Array(run.groups);
  run.peers.forEach((peer, row) => {
    for (let column = 0; column < columns; column++) {
      const from = Math.floor(column * run.groups / columns), to = Math.max(from + 1, Math.floor((column + 1) * run.groups / columns));
      let first = 0, later = 0, now = 0;
      for (let group = from; group < to; group++) {
        const time = peer.arrival[group];
        if (time > state.time) continue;
        copies[group]++;
        if (time === HAD) first++;
        else if (time > recent && state.time < run.last) now++;
        else later++;
      }
      const at = (row * columns + column) * 4, none = to - from - first - later - now;
      for (let i = 0; i < 3; i++) pixels.data[at + i] = (empty[i] * none + had[i] * first + held[i] * later + fresh[i] * now) / (to - from);
      pixels.data[at + 3] = 255;
    }
  });
  image.getContext("2d").putImageData(pixels, 0, 0);
  ctx.imageSmoothingEnabled = false;
  if (run.groups && count) ctx.drawImage(image, LABELS, COPIES, width - LABELS, count * rowHeight);
  drawGrid(view, columns, count, rowHeight);
  drawCopies(view, run, columns, copies);
  rowNames(view, run.peers.map((peer) => peer.id), COPIES, rowHeight, state.peer);
  const x = LABELS + (Math.floor(state.piece / run.group) + 0.5) * (width - LABELS) / Math.max(1, run.groups);
  ctx.fillStyle = colors.mark;
  ctx.fillRect(x - 0.75, 0, 1.5, COPIES + count * rowHeight);
  saySpread(run, state, copies, view.canvas);
}

// Lines between large cells.
function drawGrid(view, columns, count, rowHeight) {
  const { ctx, width } = view, cell = (width - LABELS) / columns;
  ctx.fillStyle = colors.card;
  if (rowHeight >= 5) for (let row = 0; row <= count; row++) ctx.fillRect(LABELS, COPIES + row * rowHeight - 0.5, width - LABELS, 1);
  if (cell >= 5) for (let column = 0; column <= columns; column++) ctx.fillRect(LABELS + column * cell - 0.5, COPIES, 1, count * rowHeight);
}

function drawCopies(view, run, columns, copies) {
  const { ctx, width } = view, cell = (width - LABELS) / columns, most = Math.max(1, run.peers.length);
  ctx.fillStyle = colors.soft;
  ctx.textAlign = "right";
  ctx.fillText("copies", LABELS - 6, 20, LABELS - 6);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor(column * run.groups / columns), to = Math.max(from + 1, Math.floor((column + 1) * run.groups / columns));
    const least = copies.subarray(from, to).reduce((a, b) => Math.min(a, b), most);
    const tall = least / most * (COPIES - 8);
    ctx.fillStyle = colors.had;
    ctx.fillRect(LABELS + column * cell, COPIES - 5 - tall, Math.max(0.5, cell - (cell >= 5 ? 1 : 0)), tall);
  }
}

function saySpread(run, state, copies, canvas) {
  let least = Infinity, most = 0;
  for (const count of copies) {
    least = Math.min(least, count);
    most = Math.max(most, count);
  }
  const rarest = copies.filter((count) => count === least).length, unit = run.group > 1 ? `group of ${run.group} pieces` : "piece";
  const text = run.groups ? `At ${timeText(state.time)} the rarest ${unit} has ${least === 1 ? "1 copy" : least + " copies"} (${rarest} of ${run.groups} like that), the most common ${most}, of ${run.peers.length} peers.` : "No piece is named.";
  document.getElementById("spread-says").textContent = text;
  canvas.setAttribute("aria-label", text);
}

// The way of one piece: who had it, and who got it when from whom.
function showJourney(run, state) {
  const list = document.getElementById("journey"), group = Math.floor(state.piece / run.group);
  const holders = run.groups ? run.peers.filter((peer) => peer.arrival[group] !== NEVER) : [];
  holders.sort((a, b) => a.arrival[group] - b.arrival[group] || a.index - b.index);
  list.replaceChildren(...holders.map((peer) => {
    const item = document.createElement("li"), when = document.createElement("span"), time = peer.arrival[group];
    when.className = "when";
    when.textContent = time === HAD ? "begin" : timeText(time);
    const source = run.peers[peer.source[group]];
    item.append(when, " ", String(peer.id), source ? " from " + source.id : "");
    item.classList.toggle("later", time > state.time);
    return item;
  }));
  const now = holders.filter((peer) => peer.arrival[group] <= state.time).length;
  const first = group * run.group, last = Math.min(run.pieces, first + run.group) - 1;
  const name = run.group > 1 ? `pieces ${first} to ${last}, all of them: ` : "";
  document.getElementById("piece-says").textContent = `${name}${now === 1 ? "1 copy" : now + " copies"} at ${timeText(state.time)}, ${holders.length} in the end`;
}
