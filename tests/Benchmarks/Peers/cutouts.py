"""The peer of the `survey` benchmark: what an astronomer writes with astropy and numpy, on one core.

    python3 cutouts.py MOSAIC.fits POSITIONS.csv SIZE OUT.npy

Cuts SIZE x SIZE pixels around each (ra, dec) of POSITIONS.csv, replaces NaN, measures what the selection asks (sigma-clipped
statistics and S/N, edge, broken), writes the images; prints cut-outs and seconds, start-up and opening not counted.
"""
import sys
import time

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import Cutout2D, NoOverlapError, PartialOverlapError
from astropy.stats import sigma_clipped_stats
from astropy.wcs import WCS


def sigma_snr(image):
    scaled = (image - image.min()) / (image.max() - image.min())
    _, median, deviation = sigma_clipped_stats(scaled)
    threshold = 5.0
    while threshold > -50:
        source = scaled > median + threshold * deviation
        if source.any():
            return scaled[source].mean() / scaled[~source].mean()
        threshold -= 0.5
    return np.nan


def measure(image):
    edge = max(image[0].max(), image[-1].max(), image[:, 0].max(), image[:, -1].max())
    return sigma_snr(image), edge / image.max(), (image == image.min()).sum() > 1


def main():
    mosaic, positions, size, out = sys.argv[1], np.loadtxt(sys.argv[2], delimiter=",", ndmin=2), int(sys.argv[3]), sys.argv[4]
    with fits.open(mosaic, memmap=True) as hdus:
        data, wcs = hdus[0].data, WCS(hdus[0].header)
        images, measurements = [], []
        began = time.perf_counter()
        centres = SkyCoord(positions[:, 0], positions[:, 1], unit="deg")
        for centre in centres:
            try:
                cutout = Cutout2D(data, centre, size, wcs=wcs, mode="strict", copy=True).data.astype(np.float32)
            except (NoOverlapError, PartialOverlapError):
                continue
            if np.isnan(cutout).any():
                cutout[np.isnan(cutout)] = np.nanmin(cutout)
            measurements.append(measure(cutout))
            images.append(cutout)
        np.save(out, np.stack(images))
        print(len(images), time.perf_counter() - began)


main()
