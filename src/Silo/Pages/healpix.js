// HEALPix cells in nested order (Gorski et al. 2005, ApJ 622, 759): what the page must know of tiles and areas.

import { distance, position, vector } from "./coordinates.js";

const rows = [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4], columns = [1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7];
const deepest = 20;                                            // 12 * 4^20 is still an exact number
const widest = 60, wholeSky = 41252.96;                        // degrees, square degrees

/** Degrees from the centre of a tile to its farthest corner, a little more than that of any. */
export const reach = order => 60 / 2 ** order;

/** { ra, dec } of the centre of a cell, in degrees. */
export function centre(order, pixel) {
  const side = 2 ** order, face = Math.floor(pixel / side ** 2);
  let x = 0, y = 0, rest = pixel % side ** 2;
  for (let bit = 1; bit < side; bit *= 2, rest = Math.floor(rest / 4)) {
    x += bit * (rest % 2);
    y += bit * (Math.floor(rest / 2) % 2);
  }
  const row = rows[face] * side - x - y - 1, [n, z] = row < side ? [row, 1 - row ** 2 / (3 * side ** 2)]
    : row > 3 * side ? [4 * side - row, (4 * side - row) ** 2 / (3 * side ** 2) - 1] : [side, (2 * side - row) * 2 / (3 * side)];
  return { ra: (45 * (columns[face] * n + x - y) / n + 360) % 360, dec: Math.asin(z) * 180 / Math.PI };
}

/** Whether a cell overlaps an area, as a function of order and pixel; the area is "all" or a MOC as text, such as 3/12 4/100-103. */
export function overlaps(area) {
  const ranges = rangesOf(area);
  return (order, pixel) => {
    const scale = 4 ** (deepest - order);
    return ranges.some(([from, to]) => pixel * scale < to && (pixel + 1) * scale > from);
  };
}

/** Where to look first to see an area: { ra, dec, width, squareDegrees } in degrees. The middle is the mean of its cells or, of several parts, the cell nearest to that; of all the sky any. */
export function viewOf(area) {
  const cells = [...cellsOf(rangesOf(area))], sum = [0, 0, 0];
  for (const { at, weight } of cells) vector(at).forEach((x, i) => sum[i] += weight * x);
  const length = Math.hypot(...sum), squareDegrees = cells.reduce((all, { weight }) => all + weight, 0) * wholeSky / 12;
  const mean = length < 1e-6 ? cells[0].at : position(sum.map(x => x / length));
  const near = cells.reduce((best, cell) => distance(cell.at, mean) - cell.reach < distance(best.at, mean) - best.reach ? cell : best);
  const middle = distance(near.at, mean) < near.reach ? mean : near.at;
  return { ...middle, width: Math.min(widest, 2 * Math.max(...cells.map(cell => distance(cell.at, middle) + 0.6 * cell.reach))), squareDegrees };
}

/** A cell of an order about a position, of those that overlap an area. */
export function cellNear(at, order, area) {
  const isInside = overlaps(area), nearest = (of, cells) => cells.filter(cell => isInside(of, cell)).reduce((best, cell) => distance(centre(of, cell), at) < distance(centre(of, best), at) ? cell : best);
  let cell = nearest(0, Array.from({ length: 12 }, (_, i) => i));
  for (let of = 1; of <= order; of++) cell = nearest(of, [0, 1, 2, 3].map(child => 4 * cell + child));
  return cell;
}

/** The fewest cells that ranges are made of: { at, reach, weight }, the weight of a cell of order 0 being 1. */
function* cellsOf(ranges) {
  for (const [from, to] of ranges) {
    for (let start = from; start < to;) {
      let order = deepest;
      while (order > 0 && start % 4 ** (deepest - order + 1) === 0 && start + 4 ** (deepest - order + 1) <= to) order--;
      const size = 4 ** (deepest - order);
      yield { at: centre(order, start / size), reach: reach(order), weight: 4 ** -order };
      start += size;
    }
  }
}

/** Ranges of cells of the deepest order, of an area as the recipe has it. */
function rangesOf(area) {
  if (area === "all") return [[0, 12 * 4 ** deepest]];
  const ranges = [];
  let order = 0;
  for (const part of area.split(/[\s,]+/).filter(Boolean)) {
    const [, of, cells] = part.match(/^(?:(\d+)\/)?(.*)$/);
    if (of !== undefined) order = Number(of);
    if (!cells) continue;
    const [first, last = first] = cells.split("-").map(Number), scale = 4 ** (deepest - order);
    ranges.push([first * scale, (last + 1) * scale]);
  }
  return ranges.sort(([a], [b]) => a - b);
}
