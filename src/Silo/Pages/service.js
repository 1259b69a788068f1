// The HTTP API as functions; errors are Error objects with what the service says. The key, if one is needed, stays in this tab.

const root = new URL("../", import.meta.url), api = new URL("api/v1/", root);
const keyName = "radiodiffusion-key";

export class KeyNeeded extends Error {}

export const rememberKey = key => key ? sessionStorage.setItem(keyName, key) : sessionStorage.removeItem(keyName);

const browsersFetch = window.fetch;                            // whatever stands in its place later

/** fetch with the key, below the root of the service. */
export function ask(path, options = {}) {
  const key = sessionStorage.getItem(keyName);
  return browsersFetch.call(window, new URL(path, root), { ...options, headers: { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) } });
}

async function call(path, options = {}) {
  let answer;
  try {
    answer = await ask(new URL(path, api), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  const message = problem.detail ?? problem.title ?? `The service answered ${answer.status}.`;
  throw answer.status === 401 || answer.status === 403 ? new KeyNeeded(message) : Object.assign(new Error(message), { status: answer.status });
}

/** JSON whose seeds stay text: half of them are too large for a number. */
const withSeeds = text => JSON.parse(text, (key, value, context) => key === "seed" && context?.source ? context.source : value);

export const models = async () => (await call("models")).json();

export const solvers = async () => (await call("solvers")).json();

/** Queues a sample: { id, location, queuePosition, stepsDone, steps }. The seed is a BigInt: half of the seeds are too large for JSON.stringify. */
export const order = async (parameters, seed, signal) => (await call("samples", {
  method: "POST", body: `{"seed":${seed},${JSON.stringify(parameters).slice(1)}`, headers: { "Content-Type": "application/json" }, signal,
})).json();

/** Follows a sample until it is there; told(progress) as it gets on. */
export async function follow(id, told, signal) {
  const answer = await call(`samples/${encodeURIComponent(id)}/events`, { signal });
  for await (const { event, data } of events(answer.body)) {
    if (event === "failed") throw new Error(data.detail);
    told(data);
    if (event === "done") return;
  }
  throw new Error("The service ended before the image was there; ask again: what is done is kept.");
}

/** A sample as a Blob of the format. */
export const file = async (id, format, signal) => {
  for (;;) {
    const answer = await call(`samples/${encodeURIComponent(id)}?format=${format}`, { signal });
    if (answer.status !== 202) return answer.blob();          // 202 only if it was deleted meanwhile: the service waits before it says so
  }
};

// ---- skies

const skyPath = name => `skies/${encodeURIComponent(name)}`;

/** [{ name, digest, hipsOrder, created, hips, view: { rightAscension, declination, width, squareDegrees }, recipe }] */
export const skies = async () => withSeeds(await (await call("skies")).text());

export const sky = async name => withSeeds(await (await call(skyPath(name))).text());

/** [{ name, recipe }], the usual one first. */
export const skyPresets = async () => (await call("sky-presets")).json();

/** The sky that body, JSON as text, describes. */
export const createSky = async body => withSeeds(await (await call("skies", { method: "POST", body, headers: { "Content-Type": "application/json" } })).text());

/** A picture of the sky around a position as a Blob, width degrees wide; it waits until the images of its sources are made. */
export async function cutout(name, { ra, dec }, width, pixels, signal) {
  const path = `${skyPath(name)}/cutout?${new URLSearchParams({ ra, dec, fov: width, width: pixels, height: pixels, projection: "TAN", format: "png", stretch: "asinh", cmap: "inferno" })}`;
  for (;;) {
    const answer = await call(path, { signal, headers: { Prefer: "respond-async" } });
    if (answer.status !== 202) return answer.blob();
    await new Promise(resolve => setTimeout(resolve, 1000 * (Number(answer.headers.get("Retry-After")) || 2)));
    signal.throwIfAborted();
  }
}

/** { count, faintest, sources }: the brightest ones within a circle. */
export const sources = async (name, { ra, dec, radius }, brightest, signal) => (await call(`${skyPath(name)}/sources?${new URLSearchParams({ ra, dec, radius, brightest })}`, { signal })).json();

/** Builds of a sky that are under way or done; null where the service has none. */
export const builds = async name => {
  try {
    return await (await call(`${skyPath(name)}/builds`)).json();
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
};

// ---- studies

const studyPath = name => `studies/${encodeURIComponent(name)}`;
const escaped = name => name.split("/").map(encodeURIComponent).join("/");

/** [{ name, state, total, upToDate, ran, failed, blocked, error, lastBuild }] */
export const studies = async () => (await call("studies")).json();

/** { name, description, state, error, study, lastBuild, targets: [{ name, kind, state, reason, progress, ... }], edges: [{ from, to }] } */
export const study = async name => (await call(studyPath(name))).json();

/** A target with its parameters, results, log and files. */
export const studyTarget = async (name, target) => withSeeds(await (await call(`${studyPath(name)}/targets/${escaped(target)}`)).text());

/** The builds of a study, the newest first. */
export const studyBuilds = async name => (await call(`${studyPath(name)}/builds`)).json();

/** Two builds by their IDs: { a, b, same, targets }. */
export const compareBuilds = async (name, a, b) => (await call(`${studyPath(name)}/compare?${new URLSearchParams({ a, b })}`)).json();

/** pause, resume or cancel. */
export const changeStudy = async (name, what) => (await call(`${studyPath(name)}/${what}`, { method: "POST" })).json();

/** Follows a build until it stands still; told(status) with the targets that have changed. */
export async function followStudy(name, told, signal) {
  const answer = await call(`${studyPath(name)}/events`, { signal });
  for await (const { event, data } of events(answer.body)) {
    told(data);
    if (event !== "progress") return;
  }
}

/** Server-sent events of a response; EventSource could send no key. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value.replaceAll("\r\n", "\n");
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = name => lines.filter(line => line.startsWith(name + ":")).map(line => line.slice(name.length + 1).trimStart()).join("\n");
        if (field("data")) yield { event: field("event"), data: JSON.parse(field("data")) };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
