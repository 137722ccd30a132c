// How the pieces spread: who holds which at state.time, how many copies there are, and the way of one piece.

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

function copiesText(count) {
  return count === 1 ? "1 copy" : count + " copies";
}

function saySpread(run, state, copies, canvas) {
  let least = Infinity, most = 0;
  for (const count of copies) {
    least = Math.min(least, count);
    most = Math.max(most, count);
  }
  const rarest = copies.filter((count) => count === least).length;
  const unit = run.group > 1 ? `group of ${run.group} pieces` : "piece";
  const text = run.groups ? `At ${timeText(state.time)} the rarest ${unit} has ${copiesText(least)} `
    + `(${rarest} of ${run.groups} like that), the most common ${most}, of ${run.peers.length} peers.` : "No piece is named.";
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
  const says = `${name}${copiesText(now)} at ${timeText(state.time)}, ${holders.length} in the end`;
  document.getElementById("piece-says").textContent = says;
}
