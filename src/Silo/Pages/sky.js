// The page of one sky: the view, the sources in it, what one of them is, and what the sky is made of. Its address says where it looks.

import { angle, degrees, parsePosition, sexagesimal } from "./coordinates.js";
import { viewOf } from "./healpix.js";
import { draw, readNpy } from "./picture.js";
import { ask, builds, cutout, file, follow, KeyNeeded, rememberKey, sky, sources } from "./service.js";
import { openView } from "./skyview.js";
import { waitForTiles } from "./tiles.js";

const at = id => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1)), root = new URL(`../skies/${encodeURIComponent(name)}/hips`, location.href).href;
const mostMarks = 250;
const widestAtFirst = 4;                                       // degrees: wider, a survey is points and noise
const colours = { Unresolved: "#7cc4ff", Resolved: "#ffb454", FRI: "#ffb454", FRII: "#ff7d9c", Bent: "#8de28d", Compact: "#d7b4ff" }, furtherColours = ["#f4e36b", "#6fe3d4", "#ff9de2"];
let viewChanged = () => {};
let known, area, view, inView = [], hidden = new Set(), chosen = null, loading = new AbortController(), showing = new AbortController(), wanted = new URLSearchParams(location.search).get("source");

// ---- from the start

async function start() {
  at("name").textContent = document.title = name;
  known = await sky(name);
  area = viewOf(known.recipe.area);
  at("error").hidden = at("keyField").hidden = true;
  document.title = `${name}: a synthetic sky`;
  describe();
  followBuilds();
  const asked = new URLSearchParams(location.search), target = parsePosition(asked.get("target") ?? ""), width = Number(asked.get("fov"));
  const lookAgain = waitForTiles({
    root, area: known.recipe.area, ask, told: showWaiting,
    look: () => view?.look ?? { ...(target ?? area), radius: width || area.width, order: known.hipsOrder },
  });
  try {
    view = await openView(at("view"), {
      hips: root, order: known.hipsOrder, middle: target ?? area, width: width > 0 ? width : firstWidth(), format: () => at("format").value, look: displayed, colourOf: source => colourOf(kindOf(source)),
      isShown: source => at("overlay").checked && !hidden.has(kindOf(source)),
    });
  } catch (error) {
    at("missing").hidden = false;
    at("stage").hidden = true;
    throw error instanceof TypeError ? new Error("Aladin Lite could not be loaded.") : error;
  }
  view.on("positionChanged", moved);
  view.on("zoomChanged", moved);
  view.on("resizeChanged", moved);
  view.on("mouseMove", ({ x, y }) => showUnder(x, y));
  view.on("click", ({ x, y, isDragging }) => isDragging || choose(view.markAt(x, y)));
  viewChanged = lookAgain;
  if (at("format").value !== "fits") view.reload();            // it may have been chosen meanwhile
  moved();
}

/** The whole area, if it can be seen at once, in a view of any shape. */
function firstWidth() {
  const { clientWidth, clientHeight } = at("view"), width = Math.min(widestAtFirst, area.width);
  return clientWidth > clientHeight ? width * clientWidth / clientHeight : width;
}

// ---- where it looks

let settling;
function moved() {
  const { centre, width } = view;
  at("centreText").textContent = sexagesimal(centre);
  at("width").textContent = `${angle(width)} \u00d7 ${angle(view.height)}`;
  if (document.activeElement !== at("target")) at("target").value = degrees(centre, 4);
  viewChanged();
  clearTimeout(settling);
  settling = setTimeout(settled, 300);
}

function settled() {
  history.replaceState(null, "", `${location.pathname}?${permalink()}`);
  load();
}

function permalink() {
  const { centre, width } = view, query = new URLSearchParams({ target: degrees(centre, width < 0.1 ? 6 : 4), fov: Number(width.toPrecision(4)) });
  if (chosen) query.set("source", chosen.id);
  return query;
}

function showUnder(x, y) {
  const there = x >= 0 ? view.at(x, y) : null, value = there && view.value(x, y);
  at("under").textContent = there ? sexagesimal(there) + (value === null ? "" : `   ${(1000 * value).toFixed(3)} mJy/beam`) : "";
  at("view").style.cursor = there && view.markAt(x, y) ? "pointer" : "";
}

function showWaiting(count, { imagesDone, images }) {
  at("waiting").textContent = count === 0 ? "" : `Making ${count} ${count === 1 ? "tile" : "tiles"}${images > 0 ? `: ${imagesDone} of ${images} images of sources` : ""}`;
}

// ---- sources

const kindOf = source => source.class ?? (source.size >= known.recipe.population.resolvedAboveArcsec ? "Resolved" : "Unresolved");
const colourOf = kind => colours[kind] ?? furtherColours[[...kind].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % furtherColours.length];
const flux = value => `${Number(value.toPrecision(3))} mJy`;

async function load() {
  loading.abort();
  const { signal } = loading = new AbortController(), { ra, dec, radius } = view.look;
  try {
    const list = await sources(name, { ra, dec, radius }, mostMarks, signal);
    inView = list.sources.map(source => ({ ...source, ra: source.rightAscension, dec: source.declination }));
    view.mark(inView);
    showKinds();
    showList(list);
    at("truth").href = `../api/v1/skies/${encodeURIComponent(name)}/sources?${new URLSearchParams({ ra, dec, radius, brightest: mostMarks })}`;
    const again = wanted && inView.find(source => source.id === wanted);
    wanted = null;
    if (again) choose(again);
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
}

function showKinds() {
  const counts = new Map();
  for (const kind of inView.map(kindOf)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  at("kinds").replaceChildren(...[...counts].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !hidden.has(kind), value: kind });
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" }), label = Object.assign(document.createElement("label"), { className: "check" });
    swatch.style.borderColor = colourOf(kind);
    label.append(box, swatch, `${kind} (${count})`);
    return label;
  }));
}

function showList({ count, faintest }) {
  const focused = document.activeElement?.dataset?.source, shown = inView.length < count ? `The ${inView.length} brightest of ${count}` : `All ${count}`;
  at("listed").textContent = inView.length ? `${shown} above ${flux(faintest)}, in a circle around the view.` : "None here.";
  at("sources").replaceChildren(...inView.map(source => {
    const item = document.createElement("li"), button = Object.assign(document.createElement("button"), { type: "button" }), swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    swatch.style.borderColor = colourOf(kindOf(source));
    button.dataset.source = source.id;
    button.setAttribute("aria-pressed", source.id === chosen?.id);
    button.append(swatch, Object.assign(document.createElement("span"), { textContent: `${kindOf(source)}, ${source.size.toPrecision(2)}\u2033` }),
      Object.assign(document.createElement("span"), { className: "flux", textContent: flux(source.flux) }));
    button.addEventListener("click", () => {
      choose(source);
      view.go(source, Math.min(view.width, Math.max(0.1, source.size / 3600 * 8)));
      at("stage").scrollIntoView({ block: "nearest" });
    });
    item.append(button);
    return item;
  }));
  if (focused) at("sources").querySelector(`[data-source="${focused}"]`)?.focus({ preventScroll: true });
}

/** Whether it is the ID of a sample, and not the name of an image of a data set. */
const isSample = id => id?.startsWith("s1_");

/** Shows what a source is; null for none. */
function choose(source) {
  if (source?.id === chosen?.id) return;
  chosen = source;
  showing.abort();
  view.choose(source?.id ?? null);
  at("chosen").hidden = !source;
  for (const button of at("sources").querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.source === source?.id);
  history.replaceState(null, "", `${location.pathname}?${permalink()}`);
  if (!source) return;
  const { recipe } = known;
  at("sourceName").textContent = source.id;
  facts("facts", [
    ["Position", sexagesimal(source)], ["", `${degrees(source)}\u00b0`], ["Flux", `${flux(source.flux)} at ${recipe.survey.frequencyMegahertz} MHz`],
    ["Size", `${source.size.toPrecision(3)}\u2033, without the beam`], ["Class", source.class ?? kindOf(source)], ["Spectral index", source.spectralIndex.toFixed(2)],
    ["Turned by", source.sample && `${source.angle.toFixed(0)}\u00b0, north through east`], ["Shown as", isSample(source.sample) ? "an image of a generative model" : source.sample ? `the image ${source.sample}` : "a Gaussian"],
  ]);
  const { signal } = showing = new AbortController();
  showAround(source, signal);
  showSample(isSample(source.sample) ? source.sample : null, signal);
}

/** The sky around the source. */
async function showAround(source, signal) {
  const { survey } = known.recipe, width = Math.max(12 * survey.beamMajorArcsec, 3 * source.size) / 3600, figure = at("around"), canvas = figure.querySelector("canvas");
  figure.classList.remove("done", "failed");
  figure.querySelector("figcaption").textContent = `In the sky, ${angle(width)} wide`;
  canvas.setAttribute("aria-label", `The sky around ${source.id}`);
  try {
    const picture = await createImageBitmap(await cutout(name, source, width, canvas.width, signal));
    canvas.getContext("2d").drawImage(picture, 0, 0);
    figure.classList.add("done");
  } catch (error) {
    if (!signal.aborted) failed(figure, error);
  }
}

function failed(figure, error) {
  figure.classList.add("failed");
  at("sampleError").hidden = false;
  at("sampleError").textContent = error.message;
}

async function showSample(id, signal) {
  const figure = at("sample"), canvas = figure.querySelector("canvas");
  at("sampleError").hidden = true;
  at("sampleId").hidden = figure.hidden = !id;
  figure.classList.remove("done", "failed");
  if (!id) return;
  at("sampleId").querySelector("code").textContent = id;
  at("openSample").href = `../#${encodeURIComponent(id)}`;
  at("sampleFits").href = `../api/v1/samples/${encodeURIComponent(id)}?format=fits`;
  canvas.setAttribute("aria-label", `The sample ${id}`);
  try {
    await follow(id, ({ stepsDone, steps }) => figure.querySelector("progress").value = steps ? stepsDone / steps : 0, signal);
    draw(canvas, await readNpy(await file(id, "npy", signal)), "asinh", "cubehelix");
    figure.classList.add("done");
  } catch (error) {
    if (!signal.aborted) failed(figure, error);
  }
}

// ---- how it looks

/** As Aladin Lite has it. Pictures come with their colours. */
function displayed() {
  const isPicture = at("format").value === "png", sigma = 1e-6 * (known.recipe.survey.rmsMicroJansky || 100 * known.recipe.population.faintestMilliJansky), high = Math.round(10 ** (0.5 + at("high").value / 100 * 3));
  at("highShown").textContent = `${high} \u03c3`;
  for (const id of ["stretch", "colours", "high"]) at(id).disabled = isPicture;
  return isPicture ? { colormap: "native", stretch: "linear" } : { colormap: at("colours").value, stretch: at("stretch").value, minCut: at("stretch").value === "linear" ? -2 * sigma : 0, maxCut: high * sigma };
}

function describe() {
  const { recipe, hipsOrder, digest, created } = known, { survey, population, clustering, images } = recipe;
  at("summary").textContent = `${survey.frequencyMegahertz} MHz, ${survey.beamMajorArcsec}\u2033 beam, ${survey.rmsMicroJansky} \u00b5Jy/beam. Simulated: not an observation.`;
  const squareDegrees = area.squareDegrees > 41000 ? "the whole sky" : `${Number(area.squareDegrees.toPrecision(4))} square degrees`;
  facts("recipe", [
    ["Shown", `${squareDegrees}, of a sky that is everywhere`],
    ["Beam", `${survey.beamMajorArcsec} \u00d7 ${survey.beamMinorArcsec ?? survey.beamMajorArcsec}\u2033`],
    ["Noise", `${survey.rmsMicroJansky} \u00b5Jy/beam${survey.pointingDistanceDegrees > 0 ? `, more between pointings ${survey.pointingDistanceDegrees}\u00b0 apart` : ""}`],
    ["Frequency", `${survey.frequencyMegahertz} MHz, ${survey.bandwidthMegahertz} MHz wide`],
    ["Sources", `${population.counts}, ${population.faintestMilliJansky} mJy to ${population.brightestMilliJansky / 1000} Jy`],
    ["Clustering", clustering ? `w(\u03b8) = ${clustering.amplitude} (\u03b8/1\u00b0)^\u2212${clustering.gamma}` : "none"],
    ["Images", images?.library ? `data set ${images.library}, for sources from ${population.resolvedAboveArcsec}\u2033` : images ? `model ${images.model}, ${images.solver}=${images.steps}, for sources from ${population.resolvedAboveArcsec}\u2033${images.distinct ? `; ${images.distinct} are shared` : ""}` : "none: Gaussians"],
    ["Seed", String(recipe.seed)], ["Digest", digest], ["Created", new Date(created).toISOString().slice(0, 16).replace("T", " ")], ["Tiles", `HiPS orders 0 to ${hipsOrder}`],
  ]);
  at("hips").textContent = root;
  at("properties").href = `${root}/properties`;
  at("moc").href = `${root}/Moc.fits`;
  at("json").href = `../api/v1/skies/${encodeURIComponent(name)}`;
}

function facts(list, pairs) {
  at(list).replaceChildren(...pairs.filter(([, value]) => value).flatMap(([term, value]) => [Object.assign(document.createElement("dt"), { textContent: term }), Object.assign(document.createElement("dd"), { textContent: value })]));
}

// ---- builds

/** Where the service has builds: how far they are, as long as one goes on. */
async function followBuilds() {
  const every = 3000;
  const all = known.builds ? await builds(name).catch(() => null) : null;
  at("builds").hidden = !all?.length;
  if (!all?.length) return;
  at("builds").querySelector("ul").replaceChildren(...all.toReversed().map(({ state, phase, fromOrder, toOrder, tilesDone, tilesTotal, tilesFailed, secondsLeft, error }) => {
    const item = document.createElement("li"), bar = Object.assign(document.createElement("progress"), { max: Math.max(1, tilesTotal), value: tilesDone });
    bar.setAttribute("aria-label", `Orders ${fromOrder} to ${toOrder}`);
    const left = secondsLeft > 0 ? `, about ${secondsLeft < 90 ? `${Math.ceil(secondsLeft)} s` : `${Math.ceil(secondsLeft / 60)} min`} left` : "";
    item.append(`Orders ${fromOrder} to ${toOrder}: ${state === "Running" ? phase || "under way" : state.toLowerCase()}`, bar, `${tilesDone} of ${tilesTotal} tiles${tilesFailed ? `, ${tilesFailed} failed` : ""}${left}${error ? `. ${error}` : ""}`);
    return item;
  }));
  if (all.some(({ state }) => state === "Running")) setTimeout(followBuilds, every);
}

// ---- what people do

function complain(error) {
  at("error").hidden = false;
  at("error").textContent = error.message;
  if (!(error instanceof KeyNeeded)) return;
  at("keyField").hidden = false;
  at("key").focus();
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    prompt("To copy:", text);                                  // no clipboard without https
  }
  button.addEventListener("blur", () => button.textContent = before, { once: true });
}

function step(by) {
  if (!inView.length) return;
  const shown = inView.filter(source => !hidden.has(kindOf(source))), here = shown.findIndex(source => source.id === chosen?.id);
  if (shown.length) choose(shown[(here + by + shown.length) % shown.length]);
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else at("stage").requestFullscreen();
}

const whole = () => view.go(area, firstWidth());
const keys = {
  ArrowLeft: () => view.move(-0.2, 0), ArrowRight: () => view.move(0.2, 0), ArrowUp: () => view.move(0, 0.2), ArrowDown: () => view.move(0, -0.2),
  "+": () => view.zoom(1 / 1.5), "=": () => view.zoom(1 / 1.5), "-": () => view.zoom(1.5), 0: whole, f: toggleFull, n: () => step(1), p: () => step(-1), Escape: () => choose(null),
};

at("view").addEventListener("keydown", event => {
  const action = keys[event.key];
  if (!view || !action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
  moved();
});
at("view").addEventListener("pointerleave", () => at("under").textContent = "");
for (const [id, action] of Object.entries({ closer: () => view.zoom(1 / 1.5), wider: () => view.zoom(1.5), whole, full: toggleFull })) {
  at(id).addEventListener("click", () => {
    if (!view) return;
    action();
    moved();
  });
}
at("go").addEventListener("submit", event => {
  event.preventDefault();
  const target = parsePosition(at("target").value);
  at("target").setCustomValidity(target ? "" : "Write a position such as 180.5 +12.25 or 12 02 00 +12 15 00.");
  if (!at("target").reportValidity() || !view) return;
  view.go(target);
  at("target").blur();
  moved();
});
at("target").addEventListener("input", () => at("target").setCustomValidity(""));
at("link").addEventListener("click", event => copy(view ? new URL(`?${permalink()}`, location.href).href : location.href, event.target));
at("copyHips").addEventListener("click", event => copy(root, event.target));
at("copySample").addEventListener("click", event => copy(chosen.sample, event.target));
at("close").addEventListener("click", () => {
  choose(null);
  at("view").focus();
});
at("overlay").addEventListener("change", () => view?.redraw());
at("kinds").addEventListener("change", ({ target }) => {
  if (target.checked) hidden.delete(target.value);
  else hidden.add(target.value);
  view.redraw();
});
at("format").addEventListener("change", () => {
  displayed();
  view?.reload();
});
for (const id of ["stretch", "colours"]) at(id).addEventListener("change", () => view?.restyle());
at("high").addEventListener("input", () => view?.restyle());
at("grid").addEventListener("change", event => view?.showGrid(event.target.checked));
at("key").addEventListener("change", event => {
  rememberKey(event.target.value);
  start().catch(complain);
});
start().catch(complain);
