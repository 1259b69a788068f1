// The HTTP API as functions; errors are Error objects with what the service says. The key, if one is needed, stays in this tab.

const api = new URL("api/v1/", document.baseURI);
const keyName = "radiodiffusion-key";

export class KeyNeeded extends Error {}

export const rememberKey = key => key ? sessionStorage.setItem(keyName, key) : sessionStorage.removeItem(keyName);

async function call(path, options = {}) {
  const key = sessionStorage.getItem(keyName);
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  let answer;
  try {
    answer = await fetch(new URL(path, api), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  const message = problem.detail ?? problem.title ?? `The service answered ${answer.status}.`;
  throw answer.status === 401 || answer.status === 403 ? new KeyNeeded(message) : new Error(message);
}

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
