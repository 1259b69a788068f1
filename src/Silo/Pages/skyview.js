// Aladin Lite with a sky in it: what the page needs of it, and nothing that would ask another host.

import { distance } from "./coordinates.js";

const smallestMark = 5, largestMark = 15, nearEnough = 14;     // pixels
const narrowest = 5 / 3600, widest = 180;                      // degrees
const pixelAtOrder0 = 412.2586 / 3600;                         // degrees, of a tile of 512 pixels
const grey = "rgb(157, 170, 198)";

/**
 * A view in an element, once Aladin Lite is there.
 * hips: the whole address; Aladin Lite would look another one up at CDS. middle: { ra, dec }. width: degrees. order: the deepest of the tiles. format(): png or fits. look(): how the tiles are shown.
 * colourOf(source), isShown(source): of marks; a source is { id, ra, dec, flux, size, ... }, its flux in mJy and its size in arcsec.
 */
export async function openView(element, { hips, middle, width, order, format, look, colourOf, isShown }) {
  const { default: A } = await import("./viewer/aladin.js");
  await A.init;
  const survey = A.imageHiPS(hips, { imgFormat: format(), ...look() });
  const aladin = A.aladin(element, {
    survey, hipsList: [], target: `${middle.ra} ${middle.dec}`, fov: width, cooFrame: "ICRS", projection: "TAN", log: false, backgroundColor: "rgb(7, 11, 22)",
    gridOptions: { color: grey, opacity: 0.5, labelSize: 12 }, showReticle: false, showZoomControl: false, showLayersControl: false, showFullscreenControl: false, showFrame: false, showFov: false,
    showCooLocation: false, showProjectionControl: false, showStatusBar: false, showContextMenu: false, showShareControl: false, showSimbadPointerControl: false, showSettingsControl: false, showColorPickerControl: false,
  });
  aladin.contextMenu = null;                                   // its entries ask services of CDS
  element.querySelector(".aladin-logo-container a")?.setAttribute("aria-label", "Aladin Lite, by CDS");

  let marks = [], faintest = 1, chosen = null;
  const pixel = () => aladin.getFov()[0] / aladin.getSize()[0];
  const inside = value => Math.min(widest, Math.max(narrowest, value));
  /** Pixels from the middle of a source to its ring: by flux, and around all of the source. */
  const radiusOf = (source, degreesAPixel) => Math.max(Math.min(largestMark, smallestMark + 3.2 * Math.log10(source.flux / faintest)), source.size / 7200 / degreesAPixel + 3);

  function draw({ x, y, data }, context, { fov, width: pixels }) {
    if (!isShown(data)) return;
    const isChosen = data.id === chosen, radius = radiusOf(data, fov[0] / pixels);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (isChosen) {
      for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + right * (radius + 3), y + down * (radius + 3));
        context.lineTo(x + right * (radius + 11), y + down * (radius + 11));
      }
    }
    context.lineWidth = isChosen ? 3 : 1.4;
    context.strokeStyle = isChosen ? "#fff" : colourOf(data);
    context.stroke();
  }

  const layer = A.catalog({ name: "Sources", shape: draw, onClick: () => {} });
  aladin.addCatalog(layer);

  const view = {
    get centre() {
      const [ra, dec] = aladin.getRaDec();
      return { ra, dec };
    },
    get width() { return aladin.getFov()[0]; },
    get height() { return aladin.getFov()[1]; },
    /** What is looked at: { ra, dec, radius, order }. */
    get look() {
      const [across, down] = aladin.getFov();
      return { ...view.centre, radius: Math.min(180, Math.hypot(across, down) / 2), order: Math.max(0, Math.min(order, Math.ceil(Math.log2(pixelAtOrder0 / pixel()) - 0.3))) };
    },
    go({ ra, dec }, toWidth) {
      aladin.gotoRaDec(ra, dec);
      if (toWidth) aladin.setFov(inside(toWidth));
    },
    /** By parts of the view. */
    move(right, up) {
      const [x, y] = aladin.getSize(), there = view.at(x * (0.5 + right), y * (0.5 - up));
      if (there) view.go(there);
    },
    zoom: factor => aladin.setFov(inside(view.width * factor)),
    /** The position at a pixel; null beside the sky. */
    at(x, y) {
      const there = aladin.pix2world(x, y);
      return there?.every(Number.isFinite) ? { ra: there[0], dec: there[1] } : null;
    },
    /** Jy/beam at a pixel; null where it is not known, as in pictures. */
    value(x, y) {
      const value = format() === "fits" ? aladin.getBaseImageLayer()?.readPixel(x, y) : null;
      return Number.isFinite(value) ? value : null;
    },
    /** Takes the tiles in the format of now. On the layer, since a new one of the same address would have the old one's format. */
    reload() {
      survey.setImageFormat(format());
      view.restyle();
    },
    restyle() {
      const { colormap, stretch, minCut, maxCut } = look();
      survey.setColormap(colormap, { stretch });
      if (maxCut !== undefined) survey.setCuts(minCut, maxCut);
    },
    showGrid: isOn => aladin.setCooGrid({ enabled: isOn }),
    mark(sources) {
      marks = sources;
      faintest = sources.length ? Math.min(...sources.map(source => source.flux)) : 1;
      layer.removeAll();
      layer.addSources(sources.map(source => A.source(source.ra, source.dec, source)));
    },
    choose(id) {
      chosen = id;
      layer.reportChange();
    },
    redraw: () => layer.reportChange(),
    /** The marked source at a pixel; null if there is none. */
    markAt(x, y) {
      const there = view.at(x, y), size = pixel();
      let best = null, least = nearEnough;
      for (const source of there ? marks.filter(isShown) : []) {
        const apart = distance(source, there) / size - (radiusOf(source, size) - smallestMark);
        if (apart < least) [best, least] = [source, apart];
      }
      return best;
    },
    on: (event, action) => aladin.on(event, action),
  };
  return view;
}
