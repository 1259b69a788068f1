// The targets of a study as a graph: layers by what needs what, from left to right, or downwards where there is little room.

import { duration, number, sign, svg, wordOf } from "./studytext.js";

const height = 46, gapInLayer = 12, gapOfLayers = 44, widest = 210, narrow = 640;

/** The layer of each target: one after the last of those that it needs. */
function layersOf(names, edges) {
  const needs = new Map(names.map(name => [name, []]));
  for (const { from, to } of edges) needs.get(to)?.push(from);
  const layer = new Map();
  for (const name of names)                                    // each stands after those that it needs
    layer.set(name, Math.max(-1, ...needs.get(name).filter(one => layer.has(one)).map(one => layer.get(one))) + 1);
  const layers = [];
  for (const name of names) (layers[layer.get(name)] ??= []).push(name);
  return layers;
}

/** Where a line passes a layer between its ends: one such place for all lines of a target, so that they do not run through the boxes of others. */
const passing = (from, layer) => `\0${layer}\0${from}`;
const isPassing = name => name[0] === "\0";

/** Layers with the places where lines pass them, and the lines as steps from layer to layer. */
function withPassages(layers, edges) {
  const layerOf = new Map(layers.flatMap((layer, k) => layer.map(name => [name, k]))), steps = new Map(), passages = layers.map(() => new Set());
  const lines = edges.map(({ from, to }) => {
    const stops = [from];
    for (let k = layerOf.get(from) + 1; k < layerOf.get(to); k++) {
      stops.push(passing(from, k));
      passages[k].add(stops.at(-1));
    }
    stops.push(to);
    stops.slice(1).forEach((stop, i) => steps.set(`${stops[i]}\n${stop}`, { from: stops[i], to: stop }));
    return { from, to, stops };
  });
  return { layers: layers.map((layer, k) => [...layer, ...passages[k]]), steps: [...steps.values()], lines };
}

const withoutPassages = (layers, edges) => ({ layers, steps: edges, lines: edges.map(({ from, to }) => ({ from, to, stops: [from, to] })) });

/** Brings neighbours together: each target to the middle of those that it is joined to, layer by layer, there and back a few times. */
function order(layers, edges) {
  const joined = new Map(layers.flat().map(name => [name, []]));
  for (const { from, to } of edges) {
    joined.get(from)?.push(to);
    joined.get(to)?.push(from);
  }
  const place = new Map();
  const settle = layer => layer.forEach((name, i) => place.set(name, (i + 0.5) / layer.length));
  layers.forEach(settle);
  for (let round = 0; round < 4; round++) {
    for (const layer of round % 2 ? layers.toReversed() : layers) {
      const middle = new Map(layer.map(name => {
        const others = joined.get(name).filter(one => place.has(one));
        return [name, others.length ? others.reduce((sum, one) => sum + place.get(one), 0) / others.length : place.get(name)];
      }));
      layer.sort((a, b) => middle.get(a) - middle.get(b));
      settle(layer);
    }
  }
}

/** The place of each target's box, and the size of all. */
function lay(layers, room) {
  const places = new Map();
  if (room < narrow) {
    const columns = Math.max(1, Math.min(2, Math.floor(room / 150))), width = (room - (columns - 1) * gapInLayer) / columns;
    let y = 0;
    for (const layer of layers) {
      layer.forEach((name, i) => places.set(name, { x: i % columns * (width + gapInLayer) + (layer.length < columns ? (room - width) / 2 : 0), y: y + Math.floor(i / columns) * (height + gapInLayer), width }));
      y += Math.ceil(layer.length / columns) * (height + gapInLayer) - gapInLayer + gapOfLayers;
    }
    return { places, width: room, height: Math.max(0, y - gapOfLayers), isDown: true };
  }
  const width = Math.max(150, Math.min(widest, (room - (layers.length - 1) * gapOfLayers) / Math.max(1, layers.length)));
  const heightOf = name => isPassing(name) ? 0 : height, heights = layers.map(layer => layer.reduce((sum, name) => sum + heightOf(name) + gapInLayer, -gapInLayer));
  const tallest = Math.max(0, ...heights);
  layers.forEach((layer, k) => {
    let y = (tallest - heights[k]) / 2;
    for (const name of layer) {
      places.set(name, { x: k * (width + gapOfLayers), y: isPassing(name) ? y - height / 2 : y, width });
      y += heightOf(name) + gapInLayer;
    }
  });
  return { places, width: layers.length * (width + gapOfLayers) - gapOfLayers, height: tallest, isDown: false };
}

/** From the end of one box to the beginning of another one; straight through where it only passes. */
const path = (stops, places, isDown) => isDown ? curve(places.get(stops[0]), places.get(stops.at(-1)), true)
  : stops.slice(1).map((stop, i) => curve(places.get(stops[i]), places.get(stop), false) + (isPassing(stop) ? `h${places.get(stop).width}` : "")).join("");

const curve = (from, to, isDown) => {
  if (isDown) {
    const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + height, to.x + to.width / 2, to.y], bend = Math.max(16, (y2 - y1) / 2);
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  }
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + height / 2, to.x, to.y + height / 2], bend = Math.max(16, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
};

/** Its middle gives way: beginnings and values of a matrix tell targets apart. */
const shortened = (text, most) => text.length <= most ? text : `${text.slice(0, Math.ceil((most - 1) / 2))}…${text.slice(text.length - Math.floor((most - 1) / 2))}`;

export function lossOf(progress) {
  return typeof progress?.loss === "number" ? progress.loss : null;    // "NaN" where there is none
}

/** How a target is, in words: done, 3.2 s; 45 %, loss 0.12. */
export function told(target) {
  const { progress } = target;
  if (target.state === "Running" && progress?.phase) {
    if (!(progress.total > 0)) return `runs: ${progress.phase}`;
    const parts = [`${Math.floor(100 * progress.done / progress.total)} %`];
    const loss = lossOf(progress);
    if (loss !== null) parts.push(`loss ${number(Number(loss.toPrecision(4)))}`);
    else parts.push(progress.phase);
    return parts.join(", ");
  }
  const word = `${wordOf(target.state)}${target.isFromBefore ? " before" : ""}`, took = target.seconds > 0 ? duration(target.seconds) : null;
  return target.state === "Done" && took ? `${word}, ${took}` : target.state === "UpToDate" && took ? `${word} (${took})` : word;
}

export const addressOf = name => `#target=${encodeURIComponent(name)}`;

export class StudyGraph {
  #host;
  #targets = new Map();
  #edges = [];
  #nodes = new Map();
  #lines = [];
  #places = new Map();
  #chosen = null;
  #room = 0;

  constructor(host) {
    this.#host = host;
    new ResizeObserver(() => {
      if (Math.abs(this.#roomNow() - this.#room) > 1) this.#draw();
    }).observe(host);
    host.addEventListener("keydown", event => this.#move(event));
  }

  /** Other targets: all is drawn anew. */
  show(targets, edges) {
    this.#targets = new Map(targets.map(target => [target.name, target]));
    this.#edges = edges.filter(({ from, to }) => this.#targets.has(from) && this.#targets.has(to));
    this.#draw();
  }

  /** A target that is other than it was. */
  update(target) {
    if (!this.#targets.has(target.name)) return;
    this.#targets.set(target.name, target);
    this.#fill(target);
  }

  choose(name) {
    this.#chosen = name;
    for (const [one, { link }] of this.#nodes) {
      if (one === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const { from, to, path } of this.#lines) path.classList.toggle("joined", from === name || to === name);
  }

  focus(name) {
    this.#nodes.get(name)?.link.focus();
  }

  #roomNow() {
    const style = getComputedStyle(this.#host);
    return this.#host.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  }

  #draw() {
    this.#room = this.#roomNow();
    if (!this.#targets.size) return this.#host.replaceChildren();
    const focused = this.#host.contains(document.activeElement) ? document.activeElement.dataset.target : null;
    const known = layersOf([...this.#targets.keys()], this.#edges), { layers, steps, lines } = this.#room < narrow ? withoutPassages(known, this.#edges) : withPassages(known, this.#edges);
    order(layers, steps);
    const { places, width, height: all, isDown } = lay(layers, this.#room), names = layers.flat().filter(name => !isPassing(name));
    this.#places = new Map(names.map(name => [name, places.get(name)]));
    this.#lines = lines.map(({ from, to, stops }) => ({ from, to, path: svg("path", { class: "edge", d: path(stops, places, isDown) }) }));
    this.#nodes = new Map();
    const shown = names.map(name => this.#nodeOf(name, places.get(name)));
    this.#host.replaceChildren(svg("svg", { width, height: all + 4, viewBox: `-2 -2 ${width + 4} ${all + 4}`, role: "group", "aria-label": "Graph of targets" }, this.#lines.map(line => line.path), shown));
    for (const target of this.#targets.values()) this.#fill(target);
    this.choose(this.#chosen);
    if (focused) this.focus(focused);
  }

  #nodeOf(name, { x, y, width }) {
    const text = svg("text", { x: 32, y: 35, class: "how" }), bar = svg("rect", { x: 1, y: height - 4, width: 0, height: 3, class: "part" }), signed = svg("svg", { x: 10, y: 24, width: 14, height: 14 });
    const link = svg("a", { href: addressOf(name), transform: `translate(${x} ${y})`, "data-target": name },
      svg("title"), svg("rect", { width, height, rx: 8, class: "box" }), svg("text", { x: 10, y: 17, class: "what" }), signed, text, bar);
    link.querySelector(".what").textContent = shortened(name, Math.floor((width - 16) / 7.8));
    this.#nodes.set(name, { link, text, bar, signed, width });
    return link;
  }

  #fill(target) {
    const { link, text, bar, signed, width } = this.#nodes.get(target.name), how = told(target), { progress } = target;
    link.setAttribute("class", `node ${target.state ?? "None"}`);
    link.querySelector("title").textContent = `${target.name}, ${target.kind}: ${target.state === "Running" && !how.startsWith("runs") ? `runs, ${how}` : how}`;      // its name for screen readers too
    text.textContent = shortened(how, Math.floor((width - 38) / 6.2));
    signed.replaceChildren(sign(target.state));
    bar.setAttribute("width", target.state === "Running" && progress?.total > 0 ? (width - 2) * Math.min(1, progress.done / progress.total) : 0);
  }

  /** The nearest target in the direction of an arrow. */
  #move(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0], here = event.target.dataset?.target;
    if ((dx === 0 && dy === 0) || !here || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = this.#places.get(here), ahead = ({ x, y }) => (x - from.x) * dx + (y - from.y) * dy, aside = ({ x, y }) => Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
    const [nearest] = [...this.#places].filter(([, place]) => ahead(place) > 1).toSorted(([, a], [, b]) => ahead(a) + 2 * aside(a) - ahead(b) - 2 * aside(b));
    if (nearest) this.focus(nearest[0]);
  }
}
