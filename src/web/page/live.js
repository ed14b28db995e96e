// What the service hears, by its events.

const TEN_MINUTES = 600000;
const RETRY = 1000;

const live = { decisions: [], skew: 0, device: null, present: false, reason: "it is looked for" };

/** Follows the service for ever; each connection begins with the last ten minutes. */
async function follow() {
  for (;;) {
    try {
      const response = await ask("/api/events");
      live.skew = Date.parse(response.headers.get("date")) - Date.now() || 0;
      live.decisions = [];
      await readEvents(response.body.pipeThrough(new TextDecoderStream()).getReader());
      lose("this page's server has closed the connection; it is asked again");
    } catch (error) {
      lose(error instanceof TypeError ? "this page's server does not answer; it is asked again" : error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY));
  }
}

async function readEvents(reader) {
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)));
    }
  }
}

function take(event) {
  switch (event.type) {
    case "service":
      if (event.state === "absent") lose(event.reason);
      else live.present = true;
      break;
    case "hello":
      labels = event.labels;
      tellState("silence");
      tellBaseline(event.baseline);
      break;
    case "device":
      // A later version may know other states.
      if (!["open", "overrun", "lost", "paused"].includes(event.state)) break;
      live.device = event;
      if (event.state !== "open" && event.state !== "overrun") forget();
      break;
    case "change":
      tellState(event.to);
      break;
    case "emotion":
    case "silence":
      decide(event);
      break;
  }
  showDevice();
}

function lose(reason) {
  Object.assign(live, { present: false, reason, device: null });
  forget();
  showDevice();
}

/** Nothing is heard now; what was heard stays in the strip. */
function forget() {
  part("live-bars").replaceChildren();
  part("confidence").textContent = "";
  part("level-text").textContent = "";
  part("level").value = part("level").min;
  tellState("silence");
}

function tellState(state) {
  // A live region speaks whenever it is written to.
  if (part("state").textContent !== state) part("state").textContent = state;
}

/** `seconds` of earlier speech that windows are judged against; undefined where none is learned. */
function tellBaseline(seconds) {
  let text = "";
  if (seconds !== undefined) text = seconds ? `Knows this voice by ${seconds.toFixed(0)} s of speech.` : "Does not know this voice yet.";
  part("baseline").textContent = text;
}

function decide(event) {
  const label = event.type === "silence" ? "silence" : event.label;
  live.decisions.push({ time: Date.parse(event.time), label, confidence: event.confidence || 0 });
  const spoken = event.type === "emotion";
  part("confidence").textContent = spoken ? `last window: ${label}, ${percent(event.confidence)} sure` : "";
  // While nobody speaks the bars stay, so that nothing below them jumps.
  const scores = spoken ? event.scores : Object.fromEntries(labels.map((label) => [label, 0]));
  part("live-bars").replaceChildren(barsOf(scores, label, "How likely each emotion is, in the last window"));
  if (spoken) tellBaseline(event.baseline);
  part("level").value = event.level;
  part("level-text").textContent = `${event.level.toFixed(1)} dBFS`;
}

function showDevice() {
  const { device, present } = live;
  const words = {
    open: () => `Listening to ${device.device}.`,
    overrun: () => `Listening to ${device.device}; ${device.overruns} samples were lost so far.`,
    lost: () => `The microphone is lost: ${device.reason || device.device}. It is tried again.`,
    paused: () => "Paused: the microphone is closed.",
  };
  let text = `Not connected to the service: ${live.reason}. It is looked for again and again.`;
  if (present) text = device ? words[device.state]() : "Connected to the service.";
  if (part("device").textContent !== text) part("device").textContent = text;
  const heard = present && device && (device.state === "open" || device.state === "overrun");
  part("hearing").hidden = !heard && live.decisions.length === 0;
  const button = part("switch");
  button.disabled = !present;
  const paused = present && device?.state === "paused";
  button.dataset.request = paused ? "resume" : "pause";
  const name = paused ? "Resume the microphone" : "Pause the microphone";
  if (button.textContent !== name) button.textContent = name;
}

function drawStrip() {
  const canvas = part("strip");
  if (canvas.getBoundingClientRect().width === 0) return;
  const now = Date.now() + live.skew;
  live.decisions = live.decisions.filter(({ time }) => time > now - TEN_MINUTES);
  const { context, width, height } = surface(canvas);
  const bottom = height - 22;
  const x = (time) => width * (1 - (now - time) / TEN_MINUTES);
  context.fillStyle = colour("--silence");
  context.fillRect(0, bottom, width, 1);
  live.decisions.forEach(({ time, label, confidence }, index) => {
    const before = live.decisions[index - 1]?.time ?? 0;
    const since = Math.max(before, time - 2000);
    const part = label === "silence" ? 2 : Math.max(4, bottom * confidence);
    context.fillStyle = colourOf(label);
    context.fillRect(x(since), bottom - part, Math.max(1, x(time) - x(since)), part);
  });
  context.fillStyle = colour("--quiet");
  context.textBaseline = "bottom";
  for (const minutes of [10, 8, 6, 4, 2, 0]) {
    context.textAlign = minutes === 10 ? "left" : minutes ? "center" : "right";
    context.fillText(minutes ? `−${minutes}` : "now", x(now - 60000 * minutes), height);
  }
  describeStrip(canvas);
}

function describeStrip(canvas) {
  const counts = new Map();
  for (const { label } of live.decisions) counts.set(label, (counts.get(label) || 0) + 1);
  const words = [...counts].sort((a, b) => b[1] - a[1]).map(([label, count]) => `${label} ${count}`);
  const text = words.length ? `Decisions in the last ten minutes: ${words.join(", ")}` : "Nothing was heard yet";
  canvas.setAttribute("aria-label", text);
}

async function turnSwitch() {
  const button = part("switch");
  part("switch-problem").textContent = "";
  try {
    await ask(`/api/${button.dataset.request}`, { method: "POST" });
  } catch (error) {
    part("switch-problem").textContent = sentence(error.message);
  }
}

function startLive() {
  part("switch").addEventListener("click", turnSwitch);
  onRedraw(part("strip"), drawStrip);
  setInterval(drawStrip, 1000);
  follow();
}
