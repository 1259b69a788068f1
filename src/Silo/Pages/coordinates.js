// Positions on the sky as people write them. Degrees, ICRS.

const pad = (value, digits = 0) => value.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");

/** "12 34 56.78 +01 23 45.6", carrying over what rounds up to 60. */
export function sexagesimal({ ra, dec }) {
  const hours = Math.round(((ra % 360) + 360) % 360 / 15 * 360000) % (24 * 360000), arc = Math.round(Math.abs(dec) * 36000);
  const split = (value, unit) => [Math.floor(value / (3600 * unit)), Math.floor(value / (60 * unit)) % 60, value % (60 * unit) / unit];
  const [h, m, s] = split(hours, 100), [d, minute, second] = split(arc, 10);
  return `${pad(h)} ${pad(m)} ${pad(s, 2)} ${dec < 0 ? "\u2212" : "+"}${pad(d)} ${pad(minute)} ${pad(second, 1)}`;
}

/** "180.1234 +12.5678", for addresses too. */
export const degrees = ({ ra, dec }, digits = 5) => `${ra.toFixed(digits)} ${dec < 0 ? "-" : "+"}${Math.abs(dec).toFixed(digits)}`;

/** A position from two numbers in degrees or six sexagesimal ones (hours first), with blanks, colons, commas or units between; null if it is none. */
export function parsePosition(text) {
  const numbers = text.replaceAll("\u2212", "-").replace(/[,:hmsd°'′"″]/g, " ").trim().split(/\s+/).filter(Boolean);
  if (!numbers.every(number => /^[+-]?\d+(\.\d*)?$/.test(number))) return null;
  const values = numbers.map(Number);
  let ra, dec;
  if (values.length === 2) [ra, dec] = values;
  else if (values.length === 6 && [1, 2, 4, 5].every(i => values[i] >= 0 && values[i] < 60)) {
    ra = 15 * (values[0] + values[1] / 60 + values[2] / 3600);
    dec = (Math.abs(values[3]) + values[4] / 60 + values[5] / 3600) * (numbers[3].startsWith("-") ? -1 : 1);
  }
  return ra >= 0 && ra <= 360 && Math.abs(dec) <= 90 ? { ra: ra % 360, dec } : null;
}

/** 2.5 degrees, 12 arcmin or 30 arcsec. */
export const angle = value => value >= 0.9995 ? `${value.toPrecision(3)}\u00b0` : value >= 0.9995 / 60 ? `${(60 * value).toPrecision(3)}\u2032` : `${(3600 * value).toPrecision(3)}\u2033`;

/** Degrees between two positions. */
export function distance(a, b) {
  const [one, other] = [vector(a), vector(b)];
  return 2 * Math.asin(Math.min(1, Math.hypot(...one.map((x, i) => x - other[i])) / 2)) * 180 / Math.PI;
}

/** A position as unit vector. */
export function vector({ ra, dec }) {
  const [phi, delta] = [ra, dec].map(value => value * Math.PI / 180);
  return [Math.cos(delta) * Math.cos(phi), Math.cos(delta) * Math.sin(phi), Math.sin(delta)];
}

/** The position of a vector. */
export const position = ([x, y, z]) => ({ ra: (Math.atan2(y, x) * 180 / Math.PI + 360) % 360, dec: Math.atan2(z, Math.hypot(x, y)) * 180 / Math.PI });
