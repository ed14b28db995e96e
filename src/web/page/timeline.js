// A recording from left to right: above, how likely each emotion is; between,
// the label; below, the sound.

const MARGIN = { left: 46, right: 10, top: 8, bottom: 34 };
const BAND = 22;

/** Where each window's answer holds: as far as the middle between it and the next. */
function spans({ windows, duration }) {
  const centres = windows.map(({ start, end }) => (start + end) / 2);
  return windows.map((window, index) => ({
    window,
    from: index ? (centres[index - 1] + centres[index]) / 2 : 0,
    to: index + 1 < windows.length ? (centres[index] + centres[index + 1]) / 2 : duration,
  }));
}

/** Where the plot's parts are, in a box of that size. */
function layout(width, height, duration) {
  const inner = height - MARGIN.top - MARGIN.bottom - BAND;
  const scores = { top: MARGIN.top, height: Math.round(0.42 * inner) };
  const band = { top: scores.top + scores.height, height: BAND };
  const sound = { top: band.top + BAND, height: inner - scores.height };
  const plot = width - MARGIN.left - MARGIN.right;
  return { scores, band, sound, plot, x: (time) => MARGIN.left + (plot * time) / Math.max(duration, 1e-9) };
}

/** Draws a result; `samples` may be missing, `view` is spectrogram or waveform. */
function drawTimeline(canvas, result, samples, view) {
  const { context, width, height } = surface(canvas);
  const places = layout(width, height, result.duration);
  context.clearRect(0, 0, width, height);
  if (places.plot < 10) return;
  drawScores(context, places, result);
  drawSound(context, places, samples, view);
  drawBand(context, places, result);
  drawAxes(context, places, result.duration, samples && view === "spectrogram");
}

/** Stacked, from the first label below to the last above. */
function drawScores(context, { scores, x }, result) {
  for (const { window, from, to } of spans(result)) {
    let bottom = scores.top + scores.height;
    for (const [label, score] of Object.entries(window.scores)) {
      const part = score * scores.height;
      context.fillStyle = colourOf(label);
      context.fillRect(x(from), bottom - part, x(to) - x(from) + 0.5, part);
      bottom -= part;
    }
  }
}

function drawBand(context, { band, x }, result) {
  let open = null;
  const runs = [];
  for (const { window, from, to } of spans(result)) {
    if (open && open.label === window.label) open.to = to;
    else runs.push((open = { label: window.label, from, to }));
  }
  for (const { label, from, to } of runs) {
    context.fillStyle = colourOf(label);
    context.fillRect(x(from), band.top, x(to) - x(from), band.height);
    context.fillStyle = inkOn(context.fillStyle);
    const room = x(to) - x(from) - 6;
    const text = context.measureText(label).width <= room ? label : label.slice(0, 1);
    if (context.measureText(text).width <= room) {
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, x((from + to) / 2), band.top + band.height / 2);
    }
  }
  context.fillStyle = colour("--panel");
  for (const { from } of runs.slice(1)) context.fillRect(x(from) - 1, band.top, 2, band.height);
}

/** Black or white, whatever is read better on a colour given as #rrggbb. */
function inkOn(hex) {
  const linear = (place) => (parseInt(hex.slice(place, place + 2), 16) / 255) ** 2.2;
  const luminance = 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
  return luminance > 0.179 ? "#000000" : "#ffffff";
}

function drawSound(context, places, samples, view) {
  const { sound, plot } = places;
  if (!samples) {
    context.fillStyle = colour("--quiet");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("this browser cannot decode the format", MARGIN.left + plot / 2, sound.top + sound.height / 2);
  } else if (view === "spectrogram") {
    drawSpectrogram(context, places, samples);
  } else {
    drawWaveform(context, places, samples);
  }
}

function drawSpectrogram(context, { sound, plot }, samples) {
  const columns = Math.max(1, Math.floor(plot));
  const levels = logMel(samples, columns);
  const [ground, ink] = [rgb(colour("--panel")), rgb(colour("--accent"))];
  const image = new ImageData(columns, BANDS);
  for (let column = 0; column < columns; column += 1) {
    for (let band = 0; band < BANDS; band += 1) {
      const level = levels[column * BANDS + band] ** 1.5;
      const place = 4 * ((BANDS - 1 - band) * columns + column);
      for (let i = 0; i < 3; i += 1) image.data[place + i] = ground[i] + level * (ink[i] - ground[i]);
      image.data[place + 3] = 255;
    }
  }
  const picture = make("canvas", { width: columns, height: BANDS });
  picture.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(picture, MARGIN.left, sound.top, plot, sound.height);
}

const rgb = (hex) => [1, 3, 5].map((place) => parseInt(hex.trim().slice(place, place + 2), 16));

function drawWaveform(context, { sound, plot }, samples) {
  const middle = sound.top + sound.height / 2;
  const columns = Math.max(1, Math.floor(plot));
  const shape = envelope(samples, columns);
  const peak = shape.reduce((peak, [least, greatest]) => Math.max(peak, -least, greatest), 1e-4);
  context.fillStyle = colour("--accent");
  shape.forEach(([least, greatest], column) => {
    const scale = (sound.height / 2 - 2) / peak;
    context.fillRect(MARGIN.left + column, middle - greatest * scale, 1, Math.max(1, (greatest - least) * scale));
  });
}

function drawAxes(context, { scores, sound, plot, x }, duration, withHertz) {
  const bottom = sound.top + sound.height;
  context.fillStyle = colour("--quiet");
  context.strokeStyle = colour("--line");
  context.strokeRect(MARGIN.left - 0.5, MARGIN.top - 0.5, plot + 1, bottom - MARGIN.top + 1);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    const y = scores.top + scores.height * (1 - share) + 6 * (share - 0.5);
    context.fillText(`${100 * share} %`, MARGIN.left - 5, y);
  }
  if (withHertz) {
    for (const kilohertz of [0.5, 1, 2, 4, 8]) {
      const y = bottom - (sound.height * hzToMel(1000 * kilohertz)) / hzToMel(RATE / 2);
      context.fillText(kilohertz === 8 ? "8 kHz" : kilohertz, MARGIN.left - 5, Math.max(y, sound.top + 5));
    }
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const time of ticks(duration, Math.max(2, plot / 60))) {
    context.fillRect(x(time), bottom, 1, 4);
    if (x(time) < MARGIN.left + plot - 8) context.fillText(Number(time.toFixed(1)), x(time), bottom + 6);
  }
  context.fillText("seconds", MARGIN.left + plot / 2, bottom + 20);
}
