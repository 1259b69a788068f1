// The page of studies: those there are, with their states, looked at again every few seconds.

import { KeyNeeded, rememberKey, studies } from "./service.js";
import { capital, describeBuild, duration, element, put, stateOfStudy } from "./studytext.js";

const at = id => document.getElementById(id);
const again = 5000;                                            // ms
let timer;

function cardOf(study) {
  const [sign, word] = stateOfStudy(study.state, study.lastBuild);
  const done = study.upToDate + study.ran;
  return element("li", { className: `card ${sign}` },
    element("h2", {}, element("a", { href: `studies/${encodeURIComponent(study.name)}`, textContent: study.name })),
    element("p", { className: "stateLine", textContent: study.state === "Running" ? `${capital(word)}: ${done} of ${study.total} targets done` : study.error ? `${capital(word)}: ${study.error}` : capital(word) }),
    study.state === "Running" && study.total > 0 && element("progress", { max: study.total, value: done, ariaLabel: "Targets that are done" }),
    study.lastBuild && element("p", { textContent: `Last build: ${describeBuild(study.lastBuild)}, in ${duration(study.lastBuild.seconds)}` }));
}

async function show() {
  clearTimeout(timer);
  at("error").hidden = at("keyField").hidden = true;
  try {
    const all = await studies();
    at("state").textContent = all.length ? `${all.length} ${all.length === 1 ? "study" : "studies"}` : "There is no study yet.";
    const focused = document.activeElement?.getAttribute("href");
    put(at("studies"), all.map(cardOf));
    if (focused) [...at("studies").querySelectorAll("a")].find(link => link.getAttribute("href") === focused)?.focus();
  } catch (error) {
    at("error").hidden = false;
    at("error").textContent = error.message;
    at("state").textContent = "";
    if (error instanceof KeyNeeded) {
      at("keyField").hidden = false;
      at("key").focus();
      return;
    }
  }
  timer = setTimeout(() => document.hidden ? document.addEventListener("visibilitychange", show, { once: true }) : show(), again);
}

at("key").addEventListener("change", event => {
  rememberKey(event.target.value);
  show();
});
show();
