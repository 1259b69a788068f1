#!/usr/bin/python3
"""A galactic SIN image on an ICRS TAN grid, by astropy's positions and formulas of the kernels written out in numpy.

Written with Debian 12's python3-astropy 5.2.1, python3-numpy 1.24.2, python3-scipy 1.10.1:

    python3 make-reprojection.py > reprojection.json

bilinear is scipy.ndimage.map_coordinates(order=1); bicubic (Keys, a = -1/2) and lanczos3 are sums over all pixels in float64. null: outside
the source, or where the kernel would reach beyond it (for bilinear: outside the source's outermost pixel centres).
"""
import json
import sys

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import map_coordinates

random = np.random.default_rng(7)
SOURCE = {"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN", "CRVAL1": 133.0, "CRVAL2": -20.0, "CRPIX1": 10.0, "CRPIX2": 9.0,
          "CDELT1": -0.001, "CDELT2": 0.001, "CROTA2": 15.0}
centre = SkyCoord(133.0, -20.0, unit="deg", frame="galactic").icrs
TARGET = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": float(centre.ra.deg), "CRVAL2": float(centre.dec.deg), "CRPIX1": 8.0, "CRPIX2": 8.0,
          "CDELT1": -0.0011, "CDELT2": 0.0012, "RADESYS": "ICRS"}


def wcs(keywords):
    header = fits.Header()
    for key, value in keywords.items():
        header[key] = value
    return WCS(header)


def keys(t):
    t = np.abs(t)
    return np.where(t < 1, 1.5 * t**3 - 2.5 * t**2 + 1, np.where(t < 2, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2, 0))


def lanczos(t):
    return np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0)


image = random.normal(size=(18, 20)).astype(np.float32)
height, width = image.shape
rows, columns = np.mgrid[0:15, 0:14]
sky = wcs(TARGET).pixel_to_world(columns, rows)
x, y = wcs(SOURCE).world_to_pixel(sky)
bilinear = map_coordinates(image.astype(float), [y, x], order=1, mode="constant", cval=np.nan)
result = {"source": SOURCE, "target": TARGET, "width": width, "height": height, "target_width": 14, "target_height": 15,
          "image": image.ravel().tolist(), "x": x.ravel().tolist(), "y": y.ravel().tolist()}
result["bilinear"] = [float(v) if np.isfinite(v) else None for v in bilinear.ravel()]
for name, kernel, reach in [("bicubic", keys, 2), ("lanczos3", lanczos, 3)]:
    values = []
    for a, b in zip(x.ravel(), y.ravel()):
        inside = np.floor(a) - reach + 1 >= 0 and np.floor(b) - reach + 1 >= 0 and np.floor(a) + reach < width and np.floor(b) + reach < height
        across, down = kernel(a - np.arange(width)), kernel(b - np.arange(height))
        value = down @ image.astype(float) @ across / (across.sum() * down.sum())
        values.append(float(value) if inside else None)
    result[name] = values
json.dump(result, sys.stdout, allow_nan=False)
