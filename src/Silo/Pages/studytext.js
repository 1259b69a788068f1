// What the pages of studies say, and the elements that they say it in.

const given = children => children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false);

/** An element with properties and children; children may be texts, lists, or nothing (false, null, undefined). */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...given(children));
  return made;
}

/** The same of SVG, with attributes. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...given(children));
  return made;
}

/** Gives an element other children. */
export const put = (host, ...children) => host.replaceChildren(...given(children));

/** The states of targets: a word, and the path of a sign in a square of 24. */
export const states = {
  Waiting: ["waits", "M6 12h.01M12 12h.01M18 12h.01"],
  Queued: ["waits for its turn", "M12 7v5l3 3M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0"],
  Running: ["runs", "M8 5v14l11-7z"],
  UpToDate: ["up to date", "M5 9h14M5 15h14"],
  Done: ["done", "M4 12.5l5 5L20 6.5"],
  Failed: ["failed", "M6 6l12 12M18 6 6 18"],
  Blocked: ["cannot run", "M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0M7 7l10 10"],
  Stopped: ["stopped", "M9 6v12M15 6v12"],
  None: ["not built", "M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0"],
};

export const wordOf = state => (states[state] ?? states.None)[0];

export const sign = state => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "sign" }, svg("path", { d: (states[state] ?? states.None)[1] }));

/** The class and the words of a study's state. */
export function stateOfStudy(state, lastBuild) {
  switch (state) {
    case "Running": return ["running", "is being built"];
    case "Done": return ["done", "done"];
    case "Failed": return ["failed", "failed"];
    case "Paused": return ["stopped", "paused"];
    case "Interrupted": return ["stopped", "interrupted"];
    default: return ["none", lastBuild ? "given up" : "not built to an end yet"];
  }
}

export const capital = text => text[0].toUpperCase() + text.slice(1);

export const buildState = state => state === "None" ? "given up" : state.toLowerCase();

export const moment = text => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const describeBuild = build => build.state === "Interrupted" ? `${moment(build.began)}, interrupted` : `${moment(build.began)}, ${buildState(build.state)} (${build.ran} ran, ${build.upToDate} up to date${build.failed ? `, ${build.failed} failed` : ""})`;

export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const number = value => value === null || value === undefined ? "–" : typeof value !== "number" ? String(value) : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));

export function bytes(length) {
  const units = ["B", "kB", "MB", "GB"];
  let i = 0;
  for (; length >= 1000 && i < units.length - 1; i++) length /= 1000;
  return `${i === 0 ? length : Number(length.toPrecision(3))} ${units[i]}`;
}

/** A parameter as a study writes it: references as ${targets.NAME.RESULT}. */
export function parameter(value) {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(parameter).join(", ")}]`;
  if ("$target" in value) return value.$target === "" ? `\${inputs.${value.output}}` : `\${targets.${value.$target}.${value.output}}`;
  if ("$join" in value) return value.$join.map(parameter).join("");
  return `{${Object.entries(value).map(([key, one]) => `${key}: ${parameter(one)}`).join(", ")}}`;
}
