// Drawing on canvases, sharp on every screen, in the colors of the style sheet.

const LABELS = 46; // Pixels at the left of a chart for its names.
const FOOT = 20; // Pixels below it for the time.
let colors = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["card", "ink", "soft", "line", "held", "had", "fresh", "empty", "mark"]) {
    colors[name] = style.getPropertyValue("--" + name).trim();
  }
}

// The canvas, cleared, at its width on the page and the wanted height.
function surface(id, height) {
  const canvas = document.getElementById(id);
  const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = height + "px";
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  return { canvas, ctx, width, height };
}

function rgb(color) {
  const value = parseInt(color.slice(1), 16);
  return [value >> 16, value >> 8 & 255, value & 255];
}

// A mixture of two colors, 0 to 1.
function mixed(from, to, share) {
  const a = rgb(from), b = rgb(to);
  return "rgb(" + a.map((value, i) => Math.round(value + (b[i] - value) * share)).join(",") + ")";
}

// Round steps, in ms, at most one each 90 pixels.
function timeSteps(span, width) {
  const most = Math.max(2, Math.floor(width / 90));
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5, 18e5, 36e5, 72e5, 216e5, 432e5];
  const step = steps.find((each) => span / each <= most) ?? Math.ceil(span / most / 864e5) * 864e5;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step);
}

// The axis of time from x = left to right at the foot of a chart, with a thin line at t.
function timeAxis(view, left, right, bottom, span, t) {
  const { ctx } = view;
  const x = (time) => left + (right - left) * (span ? time / span : 0);
  ctx.fillStyle = colors.soft;
  ctx.textAlign = "center";
  for (const step of timeSteps(span, right - left)) {
    ctx.fillStyle = colors.line;
    ctx.fillRect(Math.round(x(step)), bottom, 1, 4);
    ctx.fillStyle = colors.soft;
    const text = step % 1000 && span < 10000 ? (step / 1000) + " s" : timeText(step).replace(".00 s", " s").replace(".0 s", " s");
    ctx.fillText(text, Math.min(Math.max(x(step), left + 8), right - 14), bottom + 12);
  }
  ctx.fillStyle = colors.line;
  ctx.fillRect(left, bottom, right - left, 1);
  if (t !== undefined) {
    ctx.fillStyle = colors.mark;
    ctx.fillRect(Math.round(x(t)) - 0.5, 0, 1.5, bottom);
  }
  return x;
}

// Names at the left of rows of that height; where there is no room for all, some of them.
function rowNames(view, names, top, height, chosen = -Infinity) {
  const each = Math.ceil(12 / height);
  view.ctx.textAlign = "right";
  names.forEach((name, i) => {
    if (i === chosen || i % each === 0 && !(Math.abs(i - chosen) < each)) {
      view.ctx.fillStyle = i === chosen ? colors.ink : colors.soft;
      view.ctx.fillText(name, LABELS - 6, top + (i + 0.5) * height, LABELS - 6);
    }
  });
}

// Rows of spans: spans(row) gives [begin, end, color]. Returns the height of a row.
function lanes(view, names, span, t, spans) {
  const { ctx, width, height } = view;
  const bottom = height - FOOT, rowHeight = bottom / Math.max(1, names.length), gap = rowHeight > 6 ? 2 : rowHeight > 3 ? 1 : 0;
  const place = (time) => LABELS + (width - LABELS) * (span ? Math.min(time, span) / span : 0);
  names.forEach((_, row) => {
    ctx.fillStyle = colors.empty;
    ctx.fillRect(LABELS, row * rowHeight, width - LABELS, rowHeight - gap);
    for (const [begin, end, color] of spans(row)) {
      ctx.fillStyle = color;
      ctx.fillRect(place(begin), row * rowHeight, Math.max(0.75, place(end) - place(begin) - (rowHeight > 6 ? 0.75 : 0)), rowHeight - gap);
    }
  });
  rowNames(view, names, 0, rowHeight);
  timeAxis(view, LABELS, width, bottom, span, t);
}

function lanesHeight(count) {
  return Math.round(Math.min(760, Math.max(1, count) * Math.max(3, Math.min(22, 640 / Math.max(1, count))))) + FOOT;
}

// Of spans with neighbors, how many there are at each time: [begin, end, count] one after the other.
function levels(spans) {
  const steps = spans.flatMap(([begin, end]) => [[begin, 1], [end, -1]]).sort((a, b) => a[0] - b[0]);
  const found = [];
  let count = 0;
  steps.forEach(([time, step], i) => {
    count += step;
    const next = i + 1 < steps.length ? steps[i + 1][0] : NEVER;
    if (count > 0 && next > time) found.push([time, next, count]);
  });
  return found;
}
