// Draws images of numbers: NumPy's NPY, a stretch, a colour map.

/** { width, height, pixels } of an NPY file of little-endian float32; of several planes the first. */
export async function readNpy(blob) {
  const bytes = await blob.arrayBuffer(), view = new DataView(bytes);
  const length = view.getUint8(6) === 1 ? view.getUint16(8, true) : view.getUint32(8, true), start = view.getUint8(6) === 1 ? 10 : 12;
  const header = new TextDecoder().decode(new Uint8Array(bytes, start, length));
  const shape = header.match(/'shape':\s*\(([^)]*)\)/)?.[1].split(",").filter(part => part.trim()).map(Number);
  if (!header.includes("'<f4'") || !(shape?.length >= 2)) throw new Error(`The image should be of little-endian float32, but its header is ${header}`);
  const [height, width] = shape.slice(-2);
  return { width, height, pixels: new Float32Array(bytes.slice(start + length), 0, width * height) };
}

const stretches = {
  linear: x => x,
  sqrt: Math.sqrt,
  asinh: x => Math.asinh(10 * x) / Math.asinh(10),
};

const colours = {
  grey: x => [x, x, x],
  // Green 2011, Bull. Astr. Soc. India 39, 289: start 0.5, -1.5 rotations, hue 1, gamma 1.
  cubehelix: x => {
    const angle = 2 * Math.PI * (0.5 / 3 + 1 - 1.5 * x), amplitude = x * (1 - x) / 2, c = Math.cos(angle), s = Math.sin(angle);
    return [x + amplitude * (-0.14861 * c + 1.78277 * s), x + amplitude * (-0.29227 * c - 0.90649 * s), x + amplitude * 1.97294 * c];
  },
};

/** From 0 to the brightest pixel; the first row of numbers is the lowest, as astronomers draw it. */
export function draw(canvas, image, stretch, map) {
  const { width, height, pixels } = image, scale = stretches[stretch], colour = colours[map];
  let peak = 0;
  for (const pixel of pixels) peak = Math.max(peak, pixel);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d"), drawn = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = peak > 0 ? scale(Math.max(0, pixels[(height - 1 - y) * width + x] / peak)) : 0;
      drawn.data.set([...colour(value).map(part => 255 * Math.min(1, Math.max(0, part))), 255], 4 * (y * width + x));
    }
  }
  context.putImageData(drawn, 0, 0);
}
