// The charts of time. Each draws the run as it is at state.time; state.peer is the number of the chosen peer, or -1 for all.

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
  const says = `At ${timeText(state.time)} ${complete} of ${counted(run.peers.length, "peer")} hold all pieces.`;
  view.canvas.setAttribute("aria-label", "Completion over time. " + says);
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
  const says = peer ? `${counted(total, "neighbor")} unchoke ${peer.id}.` : `${counted(total, "link")} unchoked.`;
  canvas.setAttribute("aria-label", `Choke timeline. At ${timeText(state.time)} ${says}`);
}

function spansOf(spans, neighbor, color) {
  return spans.filter(([, , neighbors]) => neighbors.includes(neighbor)).map(([begin, end]) => [begin, end, color]);
}

// For each peer, how many others choose it at each time; who prefers and optimistically unchokes it at once counts once.
function chosenBy(run) {
  if (!run.chosenBy) {
    const spans = run.peers.map(() => []);
    for (const peer of run.peers) {
      const ofNeighbor = new Map();
      for (const [begin, end, neighbors] of [...peer.preferred, ...peer.optimistic]) {
        for (const neighbor of neighbors) {
          if (!ofNeighbor.has(neighbor)) ofNeighbor.set(neighbor, []);
          ofNeighbor.get(neighbor).push([begin, end]);
        }
      }
      for (const [neighbor, each] of ofNeighbor) spans[neighbor].push(...levels(each));
    }
    run.chosenBy = spans.map(levels);
  }
  return run.chosenBy;
}

function drawChosen(run, state) {
  const peer = run.peers[state.peer];
  const canvas = drawLanes(run, state, "chosen",
    (neighbor) => [...spansOf(peer.preferred, neighbor.index, colors.held), ...spansOf(peer.optimistic, neighbor.index, colors.fresh)],
    (each) => chosenBy(run)[each.index]);
  const hint = document.getElementById("chosen-hint");
  hint.textContent = peer ? `By the log of ${peer.id}: a lane is a neighbor, a block an interval in which it is `
    : "A lane is a peer: the darker, the more neighbors chose it, as preferred or optimistically.";
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
