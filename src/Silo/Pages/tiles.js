// Aladin Lite remembers a tile that it did not get as one that is not there, and shows what is coarser for ever. Here tiles take time: they are computed when somebody looks. So its requests for tiles
// come through here: they wait until the tile is there. Those that are looked at go first; for one that has left the view nobody asks any more, and Aladin Lite asks anew when it comes back.

import { distance } from "./coordinates.js";
import { centre, overlaps, reach } from "./healpix.js";

const atOnce = 4;                                              // of the six connections of a browser to a host: the others are for sources and images
const lowest = 3;                                              // tiles below this order are few, and Aladin Lite asks for them once only
const finer = 1, coarser = 3;                                  // orders from what is looked at within which tiles are asked for: others wait until the view is closer or wider
const absent = () => new Response(null, { status: 404 });
const pause = seconds => new Promise(resolve => setTimeout(resolve, 1000 * seconds));

/**
 * Lets fetch wait for the tiles of a sky.
 * root: the address of the HiPS. area: what it covers, as in the recipe; no tile outside is asked for. ask(url, options): like fetch, for this service. look(): { ra, dec, radius, order } in degrees,
 * what is looked at, and the order of its tiles. told(count, progress): how many tiles are waited for, and { imagesDone, images } of the last one that said so.
 * Returns what is to be called when the view has changed.
 */
export function waitForTiles({ root, area, ask, look, told }) {
  const browsers = window.fetch, inArea = overlaps(area), waiting = new Set();
  let running = 0, progress = {};

  /** How urgent a tile is: the lower the more; Infinity for one that is of no use now, NaN for one that nobody looks at. */
  function urgency(tile) {
    const view = look(), apart = distance(tile.centre, view), isSeen = apart <= view.radius + reach(tile.order), above = tile.order - view.order;
    if (!isSeen && tile.order >= lowest && apart > 2 * (view.radius + reach(tile.order))) return NaN;
    if (above > finer || above < -coarser) return Infinity;
    return (isSeen ? 0 : 1000) + 200 * Math.abs(above) + apart;
  }

  /** The answer with the tile; null if another one has become more urgent. */
  async function get(tile) {
    for (;;) {
      const answer = await ask(tile.url, { headers: { Prefer: "respond-async" } });
      if (answer.status !== 202 && answer.status !== 503) return answer;
      if (answer.status === 202) progress = await answer.json();
      report();
      const here = urgency(tile);
      if (!(here < Infinity) || [...waiting].some(other => urgency(other) < here)) return null;
      await pause(answer.status === 202 ? 0.2 : 2);            // the service has waited already, unless it is in trouble
    }
  }

  function mostUrgent() {
    let best = null, least = Infinity;
    for (const tile of waiting) {
      const here = urgency(tile);
      if (Number.isNaN(here)) {
        waiting.delete(tile);
        tile.done(absent());
      } else if (here < least) [best, least] = [tile, here];
    }
    return best;
  }

  const report = () => told(running + [...waiting].filter(tile => urgency(tile) < Infinity).length, progress);

  async function next() {
    const tile = running < atOnce ? mostUrgent() : null;
    report();
    if (!tile) return;
    waiting.delete(tile);
    running++;
    next();
    try {
      const answer = await get(tile);
      if (answer) tile.done(answer);
      else waiting.add(tile);
    } catch (error) {
      tile.failed(error);
    }
    running--;
    next();
  }

  window.fetch = (request, options) => {
    const url = new URL(request.url ?? request, location.href).href;
    if (!url.startsWith(root + "/")) return browsers.call(window, request, options);
    const file = url.slice(root.length + 1), found = file.match(/^Norder(\d+)\/Dir\d+\/Npix(\d+)\./);
    if (!found) return file.includes("Allsky") ? Promise.resolve(absent()) : ask(url);
    const [order, pixel] = found.slice(1).map(Number);
    if (!inArea(order, pixel)) return Promise.resolve(absent());
    return new Promise((done, failed) => {
      waiting.add({ url, order, centre: centre(order, pixel), done, failed });
      next();
    });
  };
  return next;
}
