// What all parts of the page need.

const part = (id) => document.getElementById(id);

/** Makes an element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;

// The token comes behind the `#`, which no server is told, and is not left there
// for who looks over one's shoulder.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("token");
}
const token = takeToken();
const credentials = () => (token ? { Authorization: `Bearer ${token}` } : {});

/** Asks the server; an answer that is no success is an error with its sentence. */
async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, headers: credentials() });
  if (!response.ok) {
    throw new Error(sentenceOf(await response.text(), response.status));
  }
  return response;
}

/** The sentence of a problem document. */
function sentenceOf(text, status) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return `the server answered ${status}`;
  }
}

/** Sentences come from the server without a capital and a full stop. */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const COLOURS = 8;
let labels = [];

/** The CSS variable with a label's colour. */
function variableOf(label) {
  const place = labels.indexOf(label);
  if (place >= 0) return `--c${place % COLOURS}`;
  return label === "silence" ? "--silence" : "--uncertain";
}

/** Reads a colour of the theme for drawing. */
const colour = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable);
const colourOf = (label) => colour(variableOf(label));

/** A table of all scores with a bar each. */
function barsOf(scores, best, caption) {
  const rows = Object.entries(scores).map(([label, score]) => {
    const bar = make("div", { className: "bar" });
    bar.style.width = `${100 * score}%`;
    bar.style.setProperty("--colour", `var(${variableOf(label)})`);
    const cell = make("td", {}, bar);
    cell.setAttribute("aria-hidden", "true");
    const row = make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, percent(score)), cell);
    row.classList.toggle("best", label === best);
    return row;
  });
  const table = make("table", { className: "bars" }, make("tbody", {}, ...rows));
  table.setAttribute("aria-label", caption);
  return table;
}

/** Sizes a canvas to its box; its context draws in CSS pixels. */
function surface(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = "12px system-ui, sans-serif";
  return { context, width, height };
}

/** Calls when what is drawn must be drawn anew: another size or theme. */
function onRedraw(canvas, draw) {
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** Round steps of an axis, at most so many. */
function ticks(length, most) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600];
  const step = steps.find((step) => length / step <= most) || steps.at(-1);
  return Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, index) => index * step);
}
