// What a recording's result looks like.

const shown = { results: [], result: null, samples: null, blob: null, addresses: [] };

// The last time that each shape of segments was asked for.
const turns = {};

const view = () => document.querySelector("input[name=view]:checked").value;

function redrawResult() {
  if (shown.result) drawTimeline(part("timeline"), shown.result, shown.samples, view());
}

/** Shows results of a recording, one a line as they came: its own, or its channels'. */
function showResults(text, blob) {
  shown.addresses.forEach((address) => URL.revokeObjectURL(address));
  const lines = text.trim().split("\n");
  Object.assign(shown, { results: lines.map((line) => JSON.parse(line)), blob, addresses: [] });
  part("player").src = address(blob);
  part("result-channels").hidden = lines.length < 2;
  part("result-channel").replaceChildren(...shown.results.map(({ channel, label }, index) =>
    make("option", { value: index }, `${channel}: ${label}`)));
  offer("save-json", new Blob([text], { type: "application/json" }), fileName(shown.results[0], "json"));
  offerSegments("csv", text, fileName(shown.results[0], "csv"));
  showResult(0);
  part("result").focus({ preventScroll: true });
  part("result").scrollIntoView({ block: "nearest" });
}

/** Shows one of the results. */
async function showResult(index) {
  const { blob } = shown;
  const result = shown.results[index];
  Object.assign(shown, { result, samples: null });
  const silent = result.label === "silence";
  part("result-title").textContent = silent ? "Nobody speaks" : `${result.label}, ${percent(result.confidence)} sure`;
  part("result-details").textContent = detailsOf(result);
  const caption = "How likely each emotion is, over the whole recording";
  part("result-bars").replaceChildren(...(silent ? [] : [barsOf(result.scores, result.label, caption)]));
  fillLegend(result);
  fillWindows(result);
  part("timeline").setAttribute("aria-label", summary(result));
  part("timeline-caption").textContent =
    result.windows.length > 1
      ? "Each answer is about the window of some 3 s around it; a table of them is below."
      : "One window covers the whole recording.";
  // Subtitles and labels are of one channel.
  const several = shown.results.length > 1;
  const name = (extension) => fileName(result, several ? `${result.channel}.${extension}` : extension);
  offerSegments("srt", JSON.stringify(result), name("srt"));
  offerSegments("audacity", JSON.stringify(result), name("txt"));
  part("cursor").hidden = true;
  part("result").hidden = false;
  redrawResult();
  const samples = await decode(blob, result.channel).catch(() => null);
  if (shown.result === result) {
    shown.samples = samples;
    redrawResult();
  }
}

function detailsOf(result) {
  const { file, duration, damaged_packets: packets, missing_samples: missing, label } = result;
  const { undeclared_samples: undeclared, skipped_bytes: skipped, cancelled_samples: cancelled } = result;
  const parts = [file === "-" ? "The recording" : file, `, ${duration.toFixed(1)} s`];
  if (label === "uncertain") parts.push(". No emotion is likely enough to be named");
  if (packets) parts.push(`. It is damaged: ${packets} of its packets do not decode and were skipped`);
  if (missing) parts.push(`. It is cut short: ${missing} of the samples that its header promises are not there`);
  if (undeclared) parts.push(`. It is longer than its header says: ${undeclared} samples more were read`);
  if (skipped) parts.push(`. It is not audio throughout: ${skipped} bytes were skipped`);
  if (cancelled) parts.push(`. One channel is inverted: for ${cancelled} samples the loudest channel was taken`);
  if (result.other_tracks) parts.push(`. ${result.other_tracks} more tracks were not read`);
  if (result.assumed) parts.push(`. Its header contradicts itself: its samples were read as ${result.assumed}`);
  return `${parts.join("")}.`;
}

/** The timeline in words, for who does not see it. */
function summary({ windows }) {
  const words = windows.map(({ start, end, label }) => `${label} from ${start.toFixed(1)} to ${end.toFixed(1)} s`);
  const most = 12;
  const more = words.length > most ? `, and ${words.length - most} more windows in the table below` : "";
  return `Emotion over time: ${words.slice(0, most).join(", ")}${more}`;
}

function fillLegend(result) {
  const found = new Set(result.windows.map(({ label }) => label));
  const names = [...Object.keys(result.scores), ...["uncertain", "silence"].filter((name) => found.has(name))];
  part("legend").replaceChildren(...names.map((name) => {
    const swatch = make("span");
    swatch.style.setProperty("--colour", `var(${variableOf(name)})`);
    return make("li", {}, swatch, name);
  }));
}

function fillWindows({ windows, scores }) {
  const row = (tag, cells) =>
    make("tr", {}, ...cells.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  const names = Object.keys(scores);
  const lines = windows.map(({ start, end, label, scores }) =>
    row("td", [start.toFixed(2), end.toFixed(2), label, ...names.map((name) => percent(scores[name]))]));
  part("windows").replaceChildren(
    make("thead", {}, row("th", ["from, s", "to, s", "label", ...names])), make("tbody", {}, ...lines));
}

/** What a file with the result is called. */
function fileName({ file }, extension) {
  const stem = file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
  return `${stem === "-" || !stem ? "recording" : stem}.${extension}`;
}

function offer(id, blob, name) {
  part(id).href = address(blob);
  part(id).download = name;
}

/** Offers results as segments, in whose shapes the server brings them. */
async function offerSegments(format, results, name) {
  const link = `save-${format}`;
  const turn = {};
  turns[format] = turn;
  part(link).removeAttribute("href");
  try {
    const answer = await ask(`/api/segments?format=${format}`, { method: "POST", body: results });
    const blob = await answer.blob();
    // Those of another result were asked for meanwhile.
    if (turns[format] === turn) offer(link, blob, name);
  } catch (error) {
    part("problem").textContent = sentence(error.message);
  }
}

function address(blob) {
  const made = URL.createObjectURL(blob);
  shown.addresses.push(made);
  return made;
}

/** Moves the cursor to where the player is, for as long as it plays. */
function moveCursor() {
  const { result } = shown;
  const player = part("player");
  if (!result) return;
  const { width, height } = part("timeline").getBoundingClientRect();
  const { x } = layout(width, height, result.duration);
  part("cursor").hidden = false;
  part("cursor").style.transform = `translateX(${x(Math.min(player.currentTime, result.duration)) - 1}px)`;
  if (!player.paused && !player.ended) requestAnimationFrame(moveCursor);
}

/** A click on the timeline plays from there. */
function seek(event) {
  const { left, width, height } = part("timeline").getBoundingClientRect();
  const { plot } = layout(width, height, 1);
  const share = (event.clientX - left - MARGIN.left) / plot;
  part("player").currentTime = Math.max(0, Math.min(1, share)) * shown.result.duration;
}

function startResult() {
  onRedraw(part("timeline"), redrawResult);
  part("result-channel").addEventListener("change", ({ target }) => showResult(Number(target.value)));
  document.querySelectorAll("input[name=view]").forEach((input) => input.addEventListener("change", redrawResult));
  for (const event of ["play", "seeked", "pause"]) part("player").addEventListener(event, moveCursor);
  part("timeline").addEventListener("click", seek);
}
