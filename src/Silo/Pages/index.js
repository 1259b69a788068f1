// The page of samples: from a wish to galaxies, and from a permalink (#ID) to its galaxy.

import { draw, readNpy } from "./picture.js";
import { file, follow, KeyNeeded, models, order, rememberKey, solvers } from "./service.js";

const at = id => document.getElementById(id);
const watchedAtOnce = 4;                                       // browsers open six connections to a host
let known = [], current = new AbortController(), cards = [];

// ---- the form

const chosen = () => known.find(model => model.name === at("model").value);
const quantity = condition => condition.name === "peakFlux" ? "Peak flux" : condition.name;
const rounded = value => Number(value.toPrecision(3));

/** A control for a continuous value: a slider over what the model has seen, and the number itself. */
function valueControl(condition) {
  const name = quantity(condition), unit = condition.unit ? ` (${condition.unit})` : "", [low, median, high] = condition.range;
  const label = Object.assign(document.createElement("label"), { textContent: name + unit + " " });
  const number = Object.assign(document.createElement("input"), { type: "number", step: "any", required: true, value: rounded(median ?? 1) });
  number.dataset.condition = condition.name;
  label.append(number);
  if (!(high > low)) return [label];
  const [to, from] = low > 0                                    // 0 to 200, in equal factors where that can be
    ? [value => 200 * Math.log(value / low) / Math.log(high / low), place => low * (high / low) ** (place / 200)]
    : [value => 200 * (value - low) / (high - low), place => low + place / 200 * (high - low)];
  const place = value => Math.round(to(value)) || 0;
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 200, value: place(median) });
  slider.setAttribute("aria-label", `${name}, from ${rounded(low)} to ${rounded(high)}`);
  slider.addEventListener("input", () => number.value = rounded(from(Number(slider.value))));
  number.addEventListener("input", () => slider.value = place(Number(number.value)));
  const hint = Object.assign(document.createElement("p"), { className: "hint", textContent: `Seen in training: ${rounded(low)} to ${rounded(high)}.` });
  return [label, slider, hint];
}

function showModel() {
  const model = chosen();
  at("lineage").textContent = model ? `${model.lineage}. ${model.imageSize} x ${model.imageSize} pixels, ${(model.parameters / 1e6).toPrecision(2)} million parameters.` : "";
  at("classes").hidden = !model?.classes.length;
  at("classes").querySelector(".choices").replaceChildren(...(model?.classes ?? []).map((name, i) => {
    const label = document.createElement("label");
    label.append(Object.assign(document.createElement("input"), { type: "radio", name: "class", value: name, checked: i === 0 }), name);
    return label;
  }));
  at("values").replaceChildren(...(model?.conditions ?? []).flatMap(valueControl));
  setGuidance(model?.usual?.guidance ?? (model?.classes.length ? 0.75 : 0.1));
}

function setGuidance(value) {
  at("guidance").value = value;
  at("guidanceShown").value = value;
}

const randomSeed = () => String(crypto.getRandomValues(new Uint32Array(1))[0]);

/** What the form asks for; what it leaves open is the service's to choose. */
function wish() {
  const wanted = { model: at("model").value, guidance: Number(at("guidance").value) };
  const label = at("classes").querySelector("input:checked");
  if (label) wanted.class = label.value;
  for (const input of at("values").querySelectorAll("[data-condition]")) {
    if (input.dataset.condition === "peakFlux") wanted.flux = Number(input.value);
    else (wanted.values ??= {})[input.dataset.condition] = Number(input.value);
  }
  for (const name of ["solver", "steps", "precision"])
    if (at(name).value) wanted[name] = name === "steps" ? Number(at(name).value) : at(name).value;
  return wanted;
}

// ---- the galaxies

/** A place for a sample: it becomes an image, or says why not. */
function addCard() {
  const element = at("card").content.firstElementChild.cloneNode(true), find = name => element.querySelector(name);
  const card = { element, id: "", image: null };
  card.redraw = () => card.image && draw(find("canvas"), card.image, at("stretch").value, at("colours").value);
  card.named = id => {
    card.id = find(".id").textContent = id;
    find("canvas").setAttribute("aria-label", describe(id));
    find("figcaption").textContent = describe(id);
  };
  card.progress = ({ queuePosition, stepsDone, steps }) => {
    find("progress").value = steps > 0 ? stepsDone / steps : 0;
    find("progress").setAttribute("aria-label", queuePosition > 0 ? `waiting, ${queuePosition} before it` : `step ${stepsDone} of ${steps}`);
  };
  card.show = image => {
    card.image = image;
    element.classList.add("done");
    card.redraw();
  };
  card.fail = error => {
    element.classList.add("failed");
    find(".failure").hidden = false;
    find(".failure").textContent = error.message;
  };
  find(".copyId").addEventListener("click", event => copy(card.id, event.target));
  find(".copyLink").addEventListener("click", event => copy(new URL("#" + card.id, location.href).href, event.target));
  for (const format of ["fits", "png"])
    find("." + format).addEventListener("click", () => save(card.id, format).catch(card.fail));
  find("canvas").addEventListener("keydown", moveWithArrows);
  at("grid").append(element);
  cards.push(card);
  return card;
}

const describe = id => id.split("_").slice(2).filter(part => /^(class|seed|flux|w|\w+=)/.test(part)).map(part => part.replace(/^class=/, "")).join(", ");

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.closest(".card").querySelector(".id"));     // no clipboard without https: select it instead
    button.textContent = "Selected";
  }
  button.addEventListener("blur", () => button.textContent = before, { once: true });
}

async function save(id, format) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await file(id, format)), download: `${id}.${format}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function moveWithArrows(event) {
  const all = [...at("grid").querySelectorAll("canvas")], here = all.indexOf(event.target);
  const columns = getComputedStyle(at("grid")).gridTemplateColumns.split(" ").length;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!by || !all[here + by]) return;
  event.preventDefault();
  all[here + by].focus();
}

/** Shows what is asked for in place of what was there; wanted are functions that give an ID. */
async function showAll(wanted) {
  current.abort();
  const { signal } = current = new AbortController();
  cards = [];
  at("grid").replaceChildren();
  at("error").hidden = true;
  at("state").textContent = "Asking …";
  let done = 0, failed = 0;
  const count = () => at("state").textContent = `${done} of ${wanted.length} there${failed ? `, ${failed} failed` : ""}.`;
  const started = performance.now();
  const mine = wanted.map(addCard);
  const ids = mine.map((card, i) => wanted[i](signal).then(id => (card.named(id), id)));
  ids.forEach(id => id.catch(() => {}));
  const queue = mine.entries();
  await Promise.all(Array.from({ length: watchedAtOnce }, async () => {
    for (const [i, card] of queue) {
      try {
        const id = await ids[i];
        await follow(id, card.progress, signal);
        card.show(await readNpy(await file(id, "npy", signal)));
        done++;
      } catch (error) {
        if (signal.aborted) return;
        failed++;
        card.fail(error);
        askForKey(error);
      }
      count();
    }
  }));
  if (!signal.aborted && !failed)
    at("state").textContent = `${done} ${done === 1 ? "galaxy" : "galaxies"} in ${((performance.now() - started) / 1000).toFixed(1)} s.`;
}

function askForKey(error) {
  if (!(error instanceof KeyNeeded)) return;
  at("keyField").hidden = false;
  at("key").focus();
}

function complain(error) {
  at("error").hidden = false;
  at("error").textContent = error.message;
  at("state").textContent = "";
  askForKey(error);
}

// ---- from the start

async function start() {
  const [all, methods] = await Promise.all([models(), solvers()]);
  known = all.filter(model => !model.isClassifier).sort((a, b) => b.classes.length - a.classes.length || a.name.localeCompare(b.name));
  if (!known.length) throw new Error("There is no model yet: 'radiodiffusion train start' or 'radiodiffusion model import' makes one.");
  at("model").replaceChildren(...known.map(model => new Option(model.name)));
  at("solver").replaceChildren(new Option("as usual", ""), ...methods.map(solver => new Option(solver.name)));
  at("precision").replaceChildren(new Option("as usual", ""), new Option("f32"), new Option("bf16"));
  at("error").hidden = at("keyField").hidden = true;
  showModel();
  showPermalink();
}

function showPermalink() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id.startsWith("s1_")) return;
  const model = known.find(one => one.digest === id.split("_")[1]);
  if (model && model !== chosen()) {
    at("model").value = model.name;
    showModel();
  }
  showAll([async () => id]);
}

at("model").addEventListener("change", showModel);
at("guidance").addEventListener("input", () => setGuidance(at("guidance").value));
at("dice").addEventListener("click", () => at("seed").value = randomSeed());
for (const name of ["stretch", "colours"])
  at(name).addEventListener("change", () => cards.forEach(card => card.redraw()));
at("wish").addEventListener("submit", async event => {
  event.preventDefault();
  if (at("key").value) rememberKey(at("key").value);
  if (!known.length) return start().catch(complain);           // the key was missing
  const parameters = wish(), first = BigInt(at("seed").value);
  history.replaceState(null, "", location.pathname);
  showAll(Array.from({ length: Number(at("count").value) }, (_, i) => async signal => (await order(parameters, first + BigInt(i), signal)).id));
});
document.addEventListener("keydown", event => {
  if (event.key !== "r" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
  at("seed").value = randomSeed();
  at("wish").requestSubmit();
});
addEventListener("hashchange", showPermalink);
start().catch(complain);
