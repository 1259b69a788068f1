#!/usr/bin/python3
"""Positions by astropy (WCSLIB) for headers that the golden cases lack, and frame conversions.

Written with Debian 12's python3-astropy 5.2.1 (WCSLIB 7.12, ERFA 2.0.0) and numpy 1.24.2:

    python3 make-vectors.py > astropy-wcs.json

wcs:     per case the header, zero-based pixels, and wcs_pix2world of them (null where there is none), in the header's own frame;
         "icrs" is pixel_to_world(...).icrs; "sky" are positions with wcs_world2pix (null where there is none).
frames:  ICRS positions and what transform_to makes of them.
refused: headers that astropy refuses too.
"""
import json
import sys
import warnings

import numpy as np
from astropy.coordinates import FK5, Galactic, SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS

warnings.simplefilter("ignore")
random = np.random.default_rng(20240611)


def header(code, lon, lat, cdelt=1.0, size=100, names=("RA", "DEC"), **more):
    h = {
        "CTYPE1": names[0].ljust(4, "-") + "-" + code,
        "CTYPE2": names[1].ljust(4, "-") + "-" + code,
        "CRVAL1": lon, "CRVAL2": lat, "CRPIX1": size / 2 + 0.5, "CRPIX2": size / 2 + 0.5,
        "CDELT1": -cdelt, "CDELT2": cdelt,
    }
    h.update(more)
    return {key: value for key, value in h.items() if value is not None}


def to_wcs(h):
    f = fits.Header()
    for key, value in h.items():
        f[key] = value
    return WCS(f)


def number(value):
    return float(value) if np.isfinite(value) else None


def pairs(array):
    return [[number(a), number(b)] if np.isfinite(a) and np.isfinite(b) else None for a, b in array]


def case(name, h, size=100, count=24):
    wcs = to_wcs(h)
    # Six-digit pixels over the image and a bit beyond, its corners, and the reference pixel.
    pixels = np.round(random.uniform(-0.1 * size, 1.1 * size, (count, 2)), 6)
    pixels = np.vstack([pixels, [[0, 0], [size - 1, size - 1], [h["CRPIX1"] - 1, h["CRPIX2"] - 1]]])
    world = wcs.wcs_pix2world(pixels, 0)
    lon, lat = wcs.wcs.lng, wcs.wcs.lat
    out = {"name": name, "header": h, "pixels": pixels.tolist(), "world": pairs(world[:, [lon, lat]])}
    z = random.uniform(-1, 1, 12)
    sky = np.round(np.column_stack([random.uniform(0, 360, 12), np.degrees(np.arcsin(z))]), 6)
    found = wcs.wcs_world2pix(sky if lon == 0 else sky[:, ::-1], 0)
    out["sky"] = sky.tolist()
    out["sky_pixels"] = pairs(found)
    frame = wcs.pixel_to_world(pixels[:, 0], pixels[:, 1])
    good = np.isfinite(world[:, 0])
    icrs = np.full((len(pixels), 2), np.nan)
    icrs[good, 0] = frame[good].icrs.ra.deg
    icrs[good, 1] = frame[good].icrs.dec.deg
    out["icrs"] = pairs(icrs)
    return out


def all_cases():
    cases = []

    def add(name, h, **more):
        cases.append(case(name, h, **more))

    for code in ["SIN", "TAN", "STG", "ZEA", "ARC"]:
        add(f"{code} wide", header(code, 211.3, 41.7, 1.2))
        add(f"{code} small pixels", header(code, 0.0002, -62.1, 1.5 / 3600))
        add(f"{code} LONPOLE 37", header(code, 123.4, -17.2, 0.7, LONPOLE=37.0))
        add(f"{code} at the south pole", header(code, 40.0, -90.0, 0.9))
        add(f"{code} at the north pole", header(code, 40.0, 90.0, 0.9, LONPOLE=180.0))
    for code in ["CAR", "CEA", "MER", "SFL", "MOL", "AIT", "HPX"]:
        add(f"{code} on the equator", header(code, 77.0, 0.0, 3.3))
        add(f"{code} on the equator, small pixels", header(code, 359.9999, 0.0, 2.0 / 3600))
        add(f"{code} oblique", header(code, 200.0, 35.0, 3.1))
        add(f"{code} oblique, south", header(code, 200.0, -35.0, 3.1))
        add(f"{code} LONPOLE 75", header(code, 310.0, 12.0, 3.0, LONPOLE=75.0))
        add(f"{code} LONPOLE -75, LATPOLE -90", header(code, 310.0, 12.0, 3.0, LONPOLE=-75.0, LATPOLE=-90.0))
        add(f"{code} LONPOLE 180", header(code, 310.0, -12.0, 3.0, LONPOLE=180.0))
        add(f"{code} LONPOLE 90, LATPOLE 33", header(code, 310.0, 0.0, 3.0, LONPOLE=90.0, LATPOLE=33.0))
        add(f"{code} LONPOLE -90, LATPOLE -61", header(code, 310.0, 0.0, 3.0, LONPOLE=-90.0, LATPOLE=-61.0))
        add(f"{code} pole at the reference point", header(code, 15.0, 90.0, 3.0))
    add("CEA lambda 0.6", header("CEA", 120.0, 0.0, 3.3, PV2_1=0.6))
    for h, k in [(6, 3), (4, 4), (3, 2), (5, 5), (4, 1), (6, 2)]:
        add(f"HPX H {h} K {k}", header("HPX", 20.0, 0.0, 3.4, PV2_1=float(h), PV2_2=float(k)))
    for xi, eta in [(0.0, 0.3), (-0.4, 0.1), (0.02, -1.7), (0.0, 5.0)]:
        add(f"SIN slant {xi} {eta}", header("SIN", 135.0, 28.0, 0.8, PV2_1=xi, PV2_2=eta))
        add(f"SIN slant {xi} {eta}, small pixels", header("SIN", 135.0, 28.0, 1e-3, PV2_1=xi, PV2_2=eta))
    for dec in [41.0, -41.86, 3.0, 90.0, -90.0]:
        add(f"NCP {dec}", header("NCP", 255.45, dec, 0.5))
        if dec != 3.0:  # WCSLIB's own rounding is 4e-9 degrees there; WorldCoordinateSystemTests has 50 digits instead
            add(f"NCP {dec}, small pixels", header("NCP", 255.45, dec, 1.5 / 3600))

    # Linear part.
    add("CROTA2", header("SIN", 30.0, 40.0, 0.01, CDELT2=0.02, CROTA2=27.0))
    add("CROTA1 alone is not used", header("SIN", 30.0, 40.0, 0.01, CROTA1=27.0))
    add("CD", header("TAN", 30.0, 40.0, CDELT1=None, CDELT2=None, CD1_1=-0.01, CD1_2=0.004, CD2_1=0.005, CD2_2=0.012))
    add("CD beside CDELT and CROTA2", header("TAN", 30.0, 40.0, 7.0, CD1_1=-0.01, CD2_2=0.012, CROTA2=30.0))
    add("CD with one element missing", header("TAN", 30.0, 40.0, CDELT1=None, CDELT2=None, CD1_2=0.01, CD2_1=0.012))
    add("PC", header("TAN", 30.0, 40.0, 0.02, PC1_1=0.8, PC1_2=-0.5, PC2_1=0.6, PC2_2=0.9))
    add("PC with one element", header("TAN", 30.0, 40.0, 0.02, PC1_2=-0.5))
    add("PC beside CD", header("TAN", 30.0, 40.0, 0.02, PC1_1=0.5, CD1_1=-0.2, CD2_2=0.2))
    add("PC beside CROTA2", header("TAN", 30.0, 40.0, 0.02, PC1_1=0.5, CROTA2=30.0))
    add("old PC", header("SIN", 30.0, 40.0, 0.02, PC001001=0.8, PC001002=-0.6, PC002001=0.6, PC002002=0.8))
    add("mirrored", header("SIN", 30.0, 40.0, 0.02, CDELT1=0.02))
    add("declination first", header("SIN", 40.0, 30.0, 0.02, names=("DEC", "RA"), CDELT2=0.03))
    add("declination first, CROTA1", header("SIN", 40.0, 30.0, 0.02, names=("DEC", "RA"), CDELT2=0.03, CROTA1=20.0))
    add("declination first, PC", header("CAR", 0.0, 30.0, 1.9, names=("DEC", "RA"), PC1_2=0.3, PC2_1=-0.2))
    add("declination first, slant", header("SIN", 40.0, 30.0, 0.2, names=("DEC", "RA"), PV1_1=0.1, PV1_2=-0.3))

    # Units and wrapped CRVAL.
    add("arcsec", header("SIN", 108000.0, 144000.0, 5.0, CUNIT1="arcsec", CUNIT2="arcsec"))
    add("arcmin", header("SIN", 1800.0, 2400.0, 0.5, CUNIT1="arcmin", CUNIT2="arcmin"))
    add("rad", header("SIN", 0.5, 0.7, 1e-4, CUNIT1="rad", CUNIT2="rad"))
    add("CRVAL1 negative", header("SIN", -20.0, 40.0, 0.02))
    add("CRVAL1 above 360", header("SIN", 380.0, 40.0, 0.02))

    # The reference point elsewhere: PV1_0 to PV1_4.
    add("PV1_3", header("SIN", 30.0, 40.0, 0.3, PV1_3=20.0, LONPOLE=50.0))
    add("PV1_4", header("CAR", 310.0, 12.0, 3.0, LONPOLE=75.0, PV1_4=-90.0))
    add("theta0 as it is", header("SIN", 30.0, 40.0, 0.3, PV1_1=0.0, PV1_2=90.0))
    add("theta0 60", header("SIN", 30.0, 40.0, 0.3, PV1_1=0.0, PV1_2=60.0))
    add("theta0 60, offset", header("SIN", 30.0, 40.0, 0.3, PV1_0=1.0, PV1_1=0.0, PV1_2=60.0))
    add("phi0 20, theta0 45, offset", header("STG", 30.0, 20.0, 0.5, PV1_0=1.0, PV1_1=20.0, PV1_2=45.0, LONPOLE=10.0))
    add("CAR theta0 30, offset", header("CAR", 30.0, 50.0, 2.0, PV1_0=1.0, PV1_1=15.0, PV1_2=30.0, LONPOLE=60.0))

    # Frames.
    add("FK5 J2000", header("SIN", 30.0, 40.0, 0.02, RADESYS="FK5", EQUINOX=2000.0))
    add("FK5 by EPOCH", header("SIN", 30.0, 40.0, 0.02, EPOCH=2000.0))
    add("FK5 without EQUINOX", header("SIN", 30.0, 40.0, 0.02, RADESYS="FK5"))
    add("FK5 1950", header("SIN", 30.0, 40.0, 0.02, RADESYS="FK5", EQUINOX=1950.0))
    add("FK5 2015.5 at the pole", header("STG", 30.0, 89.9, 0.2, RADESYS="FK5", EQUINOX=2015.5))
    add("ICRS by RADECSYS", header("SIN", 30.0, 40.0, 0.02, RADECSYS="ICRS"))
    add("galactic", header("CAR", 0.0, 0.0, 3.0, names=("GLON", "GLAT")))
    add("galactic, SIN", header("SIN", 133.0, -20.0, 0.02, names=("GLON", "GLAT")))
    add("galactic, HPX", header("HPX", 0.0, 0.0, 3.4, names=("GLON", "GLAT")))
    add("galactic, ZEA", header("ZEA", 0.0, -90.0, 2.0, names=("GLON", "GLAT")))
    return cases


def frames():
    z = random.uniform(-1, 1, 20)
    sky = np.column_stack([random.uniform(0, 360, 20), np.degrees(np.arcsin(z))])
    sky = np.vstack([np.round(sky, 6), [[0, 0], [0, 90], [123, -90], [266.4168, -29.0078], [192.85948, 27.12825]]])
    coordinate = SkyCoord(sky[:, 0], sky[:, 1], unit="deg", frame="icrs")
    out = []
    for name, equinox, frame in [("galactic", None, Galactic())] + [("FK5", year, FK5(equinox=Time(year, format="jyear"))) for year in [2000.0, 1950.0, 1984.0, 2050.0]]:
        to = coordinate.transform_to(frame).spherical
        out.append({"frame": name, "equinox": equinox, "icrs": sky.tolist(), "other": np.column_stack([to.lon.deg, to.lat.deg]).tolist()})
    return out


def refused():
    out = []
    for name, h in [
        ("different projections", header("SIN", 30.0, 40.0, CTYPE2="DEC--TAN")),
        ("CRVAL2 above 90", header("SIN", 30.0, 95.0)),
        ("NCP on the equator", header("NCP", 30.0, 0.0)),
        ("impossible LONPOLE", header("CAR", 30.0, 40.0, LONPOLE=85.0)),
        ("CDELT1 0", header("SIN", 30.0, 40.0, CDELT1=0.0)),
        ("lower case", header("sin", 30.0, 40.0)),
    ]:
        try:
            to_wcs(h)
        except Exception:
            out.append({"name": name, "header": h})
            continue
        sys.exit(f"astropy reads the header '{name}'.")
    return out


json.dump({"wcs": all_cases(), "frames": frames(), "refused": refused()}, sys.stdout, allow_nan=False)
