// The page of a study: its targets as a graph that follows a build, one target in detail, the builds so far and two of them beside each other.

import { ask, changeStudy, compareBuilds, followStudy, KeyNeeded, rememberKey, study, studyBuilds, studyTarget } from "./service.js";
import { addressOf, lossOf, StudyGraph, told } from "./studygraph.js";
import { buildState, bytes, capital, duration, element, moment, number, parameter, put, sign, stateOfStudy, svg, wordOf } from "./studytext.js";

const at = id => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/").at(-1));
const again = 3000, mostShown = 400, fewTargets = 40, largestPicture = 4e6, mostPictures = 4;      // ms; targets; targets; bytes; pictures
const graph = new StudyGraph(at("graph"));
let view = null, targets = new Map(), losses = new Map(), chosen = null, shownDetail = null, lastDetail = 0, pictures = [], knownBuild, current = new AbortController();

// ---- the whole

function showStudy(seen) {
  const isOther = seen.study !== view?.study;
  view = seen;
  targets = new Map(seen.targets.map(target => [target.name, target]));
  at("description").textContent = seen.description || `${seen.targets.length} targets`;
  if (isOther) showGraph();
  else for (const target of seen.targets) graph.update(target);
  showState(seen, null);
}

function showGraph() {
  const wanted = at("find").value.trim().toLowerCase(), all = [...targets.values()];
  const found = all.filter(target => `${target.name} ${target.kind} ${wordOf(target.state)}`.toLowerCase().includes(wanted)), shown = found.slice(0, mostShown);
  at("findField").hidden = all.length <= fewTargets;
  at("left").textContent = shown.length < all.length ? `${shown.length} of ${all.length} targets are shown.` : "";
  graph.show(shown, view.edges);
}

function showState({ state, error }, status) {
  const [kind, word] = stateOfStudy(state, view.lastBuild), isRunning = state === "Running", done = status ? status.upToDate + status.ran : 0;
  at("state").className = `stateLine ${kind}`;
  at("state").textContent = isRunning && status?.total > 0 ? `${capital(word)}: ${done} of ${status.total} targets done${status.failed ? `, ${status.failed} failed` : ""}${status.blocked ? `, ${status.blocked} cannot run` : ""}` : error ? `${capital(word)}: ${error}` : capital(word);
  at("progress").hidden = !isRunning;
  at("progress").max = Math.max(1, status?.total ?? 1);
  at("progress").value = done;
  at("pause").hidden = !isRunning;
  at("cancel").hidden = !["Running", "Paused", "Interrupted"].includes(state);
  at("resume").hidden = isRunning;
  at("resume").textContent = state === "Paused" || state === "Interrupted" ? "Go on" : "Build again";
}

/** A status on the way: its changed targets, and how far all is. */
function take(status) {
  for (const now of status.changes) {
    const before = targets.get(now.name);
    if (!before) continue;
    const target = { ...before, ...now, isFromBefore: false };
    targets.set(target.name, target);
    graph.update(target);
    noteLoss(target);
    if (target.name === chosen) (before.state === target.state ? showProgress : showDetail)(target);
  }
  showState(status, status);
}

function noteLoss({ name: target, state, progress }) {
  const loss = lossOf(progress);
  if (state !== "Running" || loss === null) return;
  const points = losses.get(target) ?? [];
  if (points.at(-1)?.iteration !== progress.done) points.push({ iteration: progress.done, loss });
  losses.set(target, points);
}

// ---- a target

const facts = pairs => element("dl", {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value?.length !== 0)
  .flatMap(([term, value]) => [element("dt", { textContent: term }), element("dd", {}, value)]));

const section = (title, ...content) => content.flat().some(Boolean) ? [element("h3", { textContent: title }), ...content] : [];

const linksTo = names => names.map((one, i) => [i > 0 && ", ", element("a", { href: addressOf(one), textContent: one })]);

const outside = (href, text, properties = {}) => element("a", { href: `..${href}`, textContent: text, target: "_blank", rel: "noopener", ...properties });

function chart(training, validation) {
  const all = [...training, ...validation].filter(point => typeof point.loss === "number" && point.loss > 0);
  if (all.length < 2) return null;
  const width = 320, height = 140, left = 44, bottom = 20, last = Math.max(...all.map(point => point.iteration)), first = Math.min(...all.map(point => point.iteration));
  const [low, high] = [Math.min(...all.map(point => point.loss)), Math.max(...all.map(point => point.loss))].map(Math.log10), spread = high - low || 1;
  const x = iteration => left + (width - left - 6) * (iteration - first) / (last - first || 1), y = loss => 8 + (height - bottom - 8) * (high - Math.log10(loss)) / spread;
  const line = (points, kind) => {
    const shown = points.filter(point => typeof point.loss === "number" && point.loss > 0);
    return shown.length > 1 ? svg("polyline", { class: kind, points: shown.map(point => `${x(point.iteration).toFixed(1)},${y(point.loss).toFixed(1)}`).join(" ") })
      : shown.length ? svg("circle", { class: kind, cx: x(shown[0].iteration), cy: y(shown[0].loss), r: 3 }) : null;
  };
  const text = (at, label, anchor = "start") => svg("text", { ...at, "text-anchor": anchor }, label);
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Loss against iteration, from ${number(10 ** high)} to ${number(10 ** low)}` },
    svg("path", { class: "axis", d: `M${left} 4V${height - bottom}H${width - 4}` }),
    text({ x: left - 4, y: 14 }, number(Number((10 ** high).toPrecision(3))), "end"), text({ x: left - 4, y: height - bottom }, number(Number((10 ** low).toPrecision(3))), "end"),
    text({ x: left, y: height - 5 }, String(first)), text({ x: width - 6, y: height - 5 }, `iteration ${last}`, "end"), line(training, "training"), line(validation, "validation"));
}

const lossSection = ({ training, validation }) => {
  const drawn = chart(training, validation);
  return drawn ? section("Losses", drawn, validation.length > 0 && element("p", { className: "quiet small" }, element("span", { className: "key training", textContent: "training" }), " ", element("span", { className: "key validation", textContent: "validation" }))) : [];
};

function stateLine(target) {
  const how = told(target);
  return element("p", { className: `stateLine ${target.state ?? "None"}` }, sign(target.state), target.state === "Running" && !how.startsWith("runs") ? `runs: ${how}` : how);
}

/** What changes while a target runs. */
function showProgress(target) {
  const line = at("detailBody").querySelector(".stateLine"), live = at("detailBody").querySelector(".live");
  line?.replaceWith(stateLine(target));
  if (live && losses.has(target.name)) put(live, lossSection({ training: losses.get(target.name), validation: [] }));
}

async function showDetail(target) {
  const body = at("detailBody"), turn = ++lastDetail;
  if (shownDetail !== target.name) {
    forgetPictures();
    put(body, stateLine(target));
  }
  shownDetail = target.name;
  at("detail").hidden = false;
  at("targetName").textContent = target.name;
  let detail;
  try {
    detail = await studyTarget(name, target.name);
  } catch (error) {
    if (turn === lastDetail) put(body, stateLine(target), element("p", { className: "failure", textContent: error.message }));
    return;
  }
  if (turn !== lastDetail || chosen !== target.name) return;
  forgetPictures();
  const now = targets.get(target.name), pictured = element("div", { className: "pictured" });
  put(body,
    stateLine(now),
    now.reason && now.reason !== wordOf(now.state) && element("p", { className: "quiet", textContent: `Why: ${now.reason}` }),
    now.error && element("pre", { className: "failure", textContent: now.error, tabIndex: 0, role: "region", ariaLabel: "Error" }),
    facts([
      ["Kind", `${now.kind}: ${detail.kindDescription}`],
      ["Needs", linksTo(detail.dependsOn)],
      ["Used by", linksTo(detail.usedBy)],
      ["Took", now.seconds > 0 ? duration(now.seconds) : null],
      ["Attempt", now.attempt > 1 ? `${now.attempt} of ${detail.retry + 1}` : null],
      ["Time limit", detail.timeoutSeconds ? duration(detail.timeoutSeconds) : null],
      ["Takes", Object.entries(detail.resources).map(([resource, count]) => `${resource} ${count}`).join(", ")],
      ["Written in", `${detail.place.file.split(/[\\/]/).at(-1)}, line ${detail.place.line}`],
    ]),
    section("Results", detail.outputs.length > 0 && facts(detail.outputs.filter(({ name, value }) => name !== "path" || detail.outputs.every(other => other.name === "path" || other.value !== value)).map(output => [output.name, output.link ? outside(output.link, output.value) : element("code", { textContent: output.value || "no files" })]))),
    section("Numbers", detail.numbers.length > 0 && facts(detail.numbers.map(one => [one.name, number(one.value)]))),
    element("div", { className: "live" }, lossSection(detail.losses ?? { training: losses.get(target.name) ?? [], validation: [] })),
    pictured,
    section("To be known", detail.notes.map(note => element("p", { className: "small", textContent: note }))),
    section("What it printed", detail.log && element("pre", { className: "log", textContent: detail.log.text || "nothing", tabIndex: 0, role: "region", ariaLabel: "What it printed" }),
      detail.log?.isCut && element("p", {}, "Only its end: ", outside(detail.log.location, "all of it"))),
    section("Files", detail.files.length > 0 && element("ul", { className: "files" }, detail.files.map(file => element("li", {}, outside(file.location, file.name), ` ${bytes(file.length)}`))),
      detail.filesLeftOut > 0 && element("p", { className: "quiet small", textContent: `and ${detail.filesLeftOut} more` })),
    section("Parameters", facts(Object.entries(detail.parameters).map(([key, value]) => [key, parameter(value)]))),
    detail.recipe && element("details", {}, element("summary", { textContent: "Recipe: all that the result depends on" }), element("pre", { className: "log", textContent: JSON.stringify(detail.recipe, null, 1), tabIndex: 0, role: "region", ariaLabel: "Recipe" })),
    now.artifact && element("p", { className: "quiet small" }, "Artifact ", element("code", { textContent: now.artifact })));
  showPictures(pictured, detail).catch(() => {});
}

/** Pictures that are there: of images in a set, or that a program has left; and the report of an evaluation. */
async function showPictures(host, detail) {
  const report = detail.files.find(file => file.name === "report.html");
  if (report) host.append(element("p", {}, outside(report.location, "Open the report", { className: "button" })));
  const files = detail.files.filter(file => /\.(png|jpe?g|svg)$/i.test(file.name) && file.length <= largestPicture).slice(0, mostPictures);
  for (const [location, text] of [...detail.preview ? [[detail.preview, `The first images of ${detail.target.name}`]] : [], ...files.map(file => [file.location, file.name])]) {
    const answer = await ask(location.slice(1));
    if (!answer.ok || !host.isConnected) continue;
    const address = URL.createObjectURL(await answer.blob());
    pictures.push(address);
    host.append(element("figure", {}, element("img", { src: address, alt: text }), element("figcaption", { textContent: text })));
  }
}

function forgetPictures() {
  pictures.forEach(address => URL.revokeObjectURL(address));
  pictures = [];
}

/** The target that the address names. */
function choose(isByUser) {
  const match = /^#target=(.*)$/.exec(location.hash), wanted = match ? decodeURIComponent(match[1]) : null, target = targets.get(wanted);
  chosen = target ? wanted : null;
  graph.choose(chosen);
  at("detail").hidden = !target;
  if (!target) return;
  if (isByUser) at("detail").focus();
  at("targetName").textContent = wanted;
  showDetail(target);
}

function close() {
  const before = chosen;
  history.replaceState(null, "", location.pathname + location.search);
  choose(false);
  graph.focus(before);
}

// ---- builds

const toldOf = build => build.state === "Interrupted" ? "Its process ended before it did. What it had finished is up to date."
  : build.error ?? `${build.ran} ran, ${build.upToDate} up to date${build.failed ? `, ${build.failed} failed` : ""}${build.blocked ? `, ${build.blocked} could not run` : ""}; ${duration(build.seconds)}`;

async function showBuilds() {
  const builds = await studyBuilds(name);
  at("noBuilds").hidden = builds.length > 0;
  at("compare").hidden = builds.length === 0;
  at("compare").querySelector("button").hidden = builds.length < 2;
  put(at("builds"), builds.map((build, i) => element("li", {},
    element("div", {}, element("span", { className: `stateLine ${build.state}`, textContent: buildState(build.state) }), ` ${moment(build.began)}`,
      element("p", { className: "quiet small", textContent: toldOf(build) })),
    builds.length > 1 && ["a", "b"].map(side => element("label", { className: "check" },
      element("input", { type: "radio", name: side, value: build.id, checked: i === (side === "a" ? 1 : 0) }),
      side.toUpperCase(), element("span", { className: "unseen", textContent: `: the build of ${moment(build.began)}` }))))));
}

async function compare(event) {
  event.preventDefault();
  const [a, b] = ["a", "b"].map(side => at("builds").querySelector(`[name=${side}]:checked`).value), host = at("comparison");
  try {
    const { same, targets: differing } = await compareBuilds(name, a, b);
    put(host,
      element("h3", { textContent: differing.length ? `${differing.length} of ${same + differing.length} targets differ` : `All ${same} targets are the same` }),
      element("ul", { className: "differing" }, differing.map(comparedOf)));
  } catch (error) {
    put(host, element("p", { className: "failure", textContent: error.message }));
  }
  host.focus();
}

const both = (a, b) => a === b ? a : `${a} → ${b}`;

function comparedOf(target) {
  const took = seconds => seconds === null ? "no result" : duration(seconds);
  return element("li", {},
    element("p", {}, targets.has(target.name) ? element("a", { href: addressOf(target.name), textContent: target.name }) : element("b", { textContent: target.name })),
    facts([
      ["Made from", target.recipe ?? "the same"],
      ["Result", target.isSameResult === null ? null : target.isSameResult ? "the same" : "another one"],
      ["State", both(wordOf(target.stateA), wordOf(target.stateB))],
      ["Took", both(took(target.secondsA), took(target.secondsB))],
      ["Error in A", target.errorA],
      ["Error in B", target.errorB],
    ]),
    target.numbers.some(one => one.a !== one.b) && element("table", {},
      element("thead", {}, element("tr", {}, element("td"), ["A", "B"].map(side => element("th", { scope: "col", textContent: side })))),
      element("tbody", {}, target.numbers.map(one => element("tr", {}, element("th", { scope: "row", textContent: one.name }), element("td", { textContent: number(one.a) }), element("td", { textContent: number(one.b) }))))));
}

// ---- from the start, for as long as the page is open

const pause = () => new Promise(done => setTimeout(() => document.hidden ? document.addEventListener("visibilitychange", done, { once: true }) : done(), again));

/** Looks, follows a build until it stands still, looks again. */
async function watch(signal) {
  while (!signal.aborted) {
    try {
      const isFirst = view === null;
      showStudy(await study(name));
      at("error").hidden = at("keyField").hidden = true;
      if (isFirst || (chosen && !targets.has(chosen))) choose(false);
      if (view.lastBuild !== knownBuild) {
        await showBuilds();
        knownBuild = view.lastBuild;
        if (chosen && !isFirst) showDetail(targets.get(chosen));
      }
      if (view.state === "Running") {
        const other = new AbortController();
        await followStudy(name, status => status.request?.study === view.study ? take(status) : other.abort(), AbortSignal.any([signal, other.signal]));
        continue;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.name !== "AbortError") complain(error);
      if (error instanceof KeyNeeded || error.status === 404) return;
    }
    await pause();
  }
}

function complain(error) {
  at("error").hidden = false;
  at("error").textContent = error.message;
  if (!view) at("state").textContent = "";
  if (!(error instanceof KeyNeeded)) return;
  at("keyField").hidden = false;
  at("key").focus();
}

function start() {
  current.abort();
  current = new AbortController();
  watch(current.signal);
}

at("name").textContent = name;
document.title = `RadioDiffusion: study ${name}`;
for (const what of ["pause", "resume", "cancel"]) {
  at(what).addEventListener("click", async () => {
    at(what).disabled = true;
    try {
      await changeStudy(name, what);
      at("error").hidden = true;
      start();
    } catch (error) {
      complain(error);
    } finally {
      at(what).disabled = false;
    }
  });
}
at("find").addEventListener("input", showGraph);
at("compare").addEventListener("submit", compare);
at("close").addEventListener("click", close);
addEventListener("keydown", event => {
  if (event.key === "Escape" && chosen) close();
});
addEventListener("hashchange", () => choose(true));
at("key").addEventListener("change", event => {
  rememberKey(event.target.value);
  start();
});
start();
