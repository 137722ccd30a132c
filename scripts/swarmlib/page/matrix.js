// Who fed whom up to state.time, and the flows of the peer whose row is marked.

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
  ctx.fillStyle = colors.empty;
  if (!gap) ctx.fillRect(LABELS, top, count * cell, count * cell);
  run.peers.forEach((peer, row) => {
    run.peers.forEach((giver, column) => {
      if (!gap && row !== column && !fed[row][column]) return;
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
  if (count) showFlows(run, state);
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

// What the peer of the marked row got and gave, best first: the matrix in words.
function showFlows(run, state) {
  const peer = run.peers[state.cell.row], row = state.fed[state.cell.row];
  const got = run.peers.map((other, i) => ({ other, pieces: row[i] }));
  const gave = run.peers.map((other, i) => ({ other, pieces: state.fed[i][peer.index] }));
  if (row[run.peers.length]) got.push({ other: { id: "unknown" }, pieces: row[run.peers.length] });
  flowList("got", `${peer.id} got`, got);
  flowList("gave", `${peer.id} gave`, gave);
}

const FLOWS = 10; // The longest list.

function flowList(id, title, flows) {
  const all = flows.filter((flow) => flow.pieces).sort((a, b) => b.pieces - a.pieces);
  const total = all.reduce((sum, flow) => sum + flow.pieces, 0), shown = all.slice(0, FLOWS);
  document.getElementById(id + "-title").textContent = `${title} ${counted(total, "piece")}`;
  const items = shown.map((flow) => {
    const item = document.createElement("li"), bar = document.createElement("span");
    const name = document.createElement("span"), number = document.createElement("span");
    bar.className = "bar";
    const fill = document.createElement("span");
    fill.style.width = flow.pieces / all[0].pieces * 100 + "%";
    bar.append(fill);
    name.textContent = flow.other.id;
    number.textContent = flow.pieces;
    item.append(name, bar, number);
    return item;
  });
  if (all.length > FLOWS) {
    const item = document.createElement("li");
    item.className = "rest";
    item.textContent = `and ${counted(all.slice(FLOWS).reduce((sum, flow) => sum + flow.pieces, 0), "piece")}, ${counted(all.length - FLOWS, "peer")} more`;
    items.push(item);
  }
  document.getElementById(id).replaceChildren(...items);
}
