// The page of skies: those there are, and a form for a new one.

import { cellNear, viewOf } from "./healpix.js";
import { ask, createSky, KeyNeeded, rememberKey, skies, skyPresets } from "./service.js";

const at = id => document.getElementById(id);
let presets = [];

// ---- the list

function show(all) {
  at("state").textContent = all.length ? `${all.length} ${all.length === 1 ? "sky" : "skies"}` : "There is no sky yet: make the first one.";
  const cards = all.toSorted((a, b) => b.created.localeCompare(a.created)).map(cardOf);
  at("skies").replaceChildren(...cards.map(card => card.element));
  return cards;
}

function cardOf(sky) {
  const { survey, images } = sky.recipe, view = viewOf(sky.recipe.area), element = document.createElement("li"), text = Object.assign(document.createElement("div"), { className: "text" });
  const heading = document.createElement("h2"), link = Object.assign(document.createElement("a"), { href: `skies/${encodeURIComponent(sky.name)}`, textContent: sky.name });
  const picture = Object.assign(document.createElement("img"), { className: "preview", alt: "", width: 320, height: 200, hidden: true }), place = Object.assign(document.createElement("div"), { className: "preview" });
  heading.append(link);
  text.append(heading, ...[
    `${survey.frequencyMegahertz} MHz, ${survey.beamMajorArcsec}\u2033 beam, ${survey.rmsMicroJansky} \u00b5Jy/beam`,
    view.squareDegrees > 41000 ? "the whole sky" : `${Number(view.squareDegrees.toPrecision(3))} square degrees about ${view.ra.toFixed(1)}\u00b0 ${view.dec.toFixed(1)}\u00b0`,
    `seed ${sky.recipe.seed}, ${images ? "images of resolved sources" : "Gaussians only"}`,
  ].map(line => Object.assign(document.createElement("p"), { textContent: line })));
  element.append(picture, place, text);
  return { element, sky, view, picture, place };
}

/** A tile of the middle, not so deep that images would have to be sampled (but for skies of few orders). One after the other, since each may have to be computed. */
async function showPictures(cards) {
  for (const { sky, view, picture, place } of cards) {
    const order = Math.max(0, Math.min(Math.max(3, sky.hipsOrder - 3), Math.ceil(Math.log2(58.6 / view.width)) + 1)), pixel = cellNear(view, order, sky.recipe.area);
    const path = `skies/${encodeURIComponent(sky.name)}/hips/Norder${order}/Dir${Math.floor(pixel / 10000) * 10000}/Npix${pixel}.png`;
    let answer;
    do answer = await ask(path, { headers: { Prefer: "respond-async" } }).catch(() => null);
    while (answer?.status === 202);
    if (!answer?.ok) continue;
    picture.src = URL.createObjectURL(await answer.blob());
    picture.hidden = false;
    place.remove();
  }
}

// ---- the form

const valueOf = (recipe, key) => key.split(".").reduce((part, name) => part?.[name], recipe);

function showPreset() {
  const preset = presets.find(one => one.name === at("preset").value);
  if (!preset) return;
  const { survey, population, images } = preset.recipe;
  at("presetHint").textContent = `${survey.frequencyMegahertz} MHz, counts ${population.counts} from ${population.faintestMilliJansky} mJy${images ? `, images by ${images.model}` : ""}.`;
  for (const input of document.querySelectorAll("[data-key]")) input.placeholder = String(valueOf(preset.recipe, input.dataset.key));
}

function showShape() {
  for (const shape of ["cone", "box", "moc"]) at(shape).hidden = at("shape").value !== shape;
}

/** Below it, what comes first wins. */
function merge(first, second) {
  const isSection = value => value !== null && typeof value === "object" && !Array.isArray(value);
  return isSection(first) && isSection(second) ? Object.fromEntries([...new Set([...Object.keys(second), ...Object.keys(first)])].map(key => [key, key in first ? key in second ? merge(first[key], second[key]) : first[key] : second[key]])) : first;
}

/** What the form asks for, as the service takes it. */
function wish() {
  const fields = {}, numbers = (...ids) => ids.map(id => at(id).valueAsNumber);
  for (const input of document.querySelectorAll("[data-key]")) {
    if (input.value === "") continue;
    const [section, key] = input.dataset.key.split(".");
    (fields[section] ??= {})[key] = input.valueAsNumber;
  }
  if (at("images").value === "none") fields.images = null;
  if (at("images").value === "shared") fields.images = { distinct: 20 };
  let further = {};
  if (at("recipe").value.trim()) {
    try {
      further = JSON.parse(at("recipe").value);
    } catch (error) {
      at("more").open = true;
      throw new Error(`The rest is not JSON: ${error.message}`);
    }
  }
  const shape = at("shape").value, shown = shape === "cone" ? { cone: numbers("coneRa", "coneDec", "coneRadius") } : shape === "box" ? { box: numbers("boxFirst", "boxLast", "boxSouth", "boxNorth") }
    : { area: shape === "all" ? "all" : at("mocText").value };
  return { name: at("name").value.trim(), preset: at("preset").value, seed: at("seed").value, ...shown, recipe: merge(further, fields) };
}

async function create(event) {
  event.preventDefault();
  at("wishError").hidden = true;
  const button = at("wish").querySelector(".main");
  button.disabled = true;
  try {
    const sky = await createSky(JSON.stringify(wish()));
    location.href = `skies/${encodeURIComponent(sky.name)}`;
  } catch (error) {
    at("wishError").hidden = false;
    at("wishError").textContent = error.message;
    askForKey(error);
  } finally {
    button.disabled = false;
  }
}

// ---- from the start

function askForKey(error) {
  if (!(error instanceof KeyNeeded)) return;
  at("keyField").hidden = false;
  at("key").focus();
}

async function start() {
  at("error").hidden = at("keyField").hidden = true;
  const [all, known] = await Promise.all([skies(), skyPresets()]);
  presets = known;
  at("preset").replaceChildren(...presets.map(({ name }) => new Option(name)));
  showPreset();
  showPictures(show(all));
}

function complain(error) {
  at("error").hidden = false;
  at("error").textContent = error.message;
  at("state").textContent = "";
  askForKey(error);
}

at("preset").addEventListener("change", showPreset);
at("shape").addEventListener("change", showShape);
at("dice").addEventListener("click", () => at("seed").value = String(crypto.getRandomValues(new Uint32Array(1))[0]));
at("fill").addEventListener("click", () => {
  const { area, seed, ...rest } = presets.find(one => one.name === at("preset").value)?.recipe ?? {};
  at("recipe").value = JSON.stringify(rest, null, 2);
});
at("wish").addEventListener("submit", create);
at("key").addEventListener("change", event => {
  rememberKey(event.target.value);
  start().catch(complain);
});
start().catch(complain);
