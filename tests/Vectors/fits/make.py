#!/usr/bin/env python3
"""Makes the files in this folder; see README.md. Needs fpack and funpack (Debian: libcfitsio-bin) and no Python packages."""
import math
import os
import random
import struct
import subprocess

BLOCK = 2880


def card(keyword, value):
    text = "'%-8s'" % value if isinstance(value, str) else value if value is None else "T" if value is True else repr(value)
    return ("%-8s= %20s" % (keyword, text)).ljust(80)


def write(path, bitpix, axes, pixels, cards=()):
    letter = {8: "B", 16: "h", 32: "i", -32: "f", -64: "d"}[bitpix]
    text = card("SIMPLE", True) + card("BITPIX", bitpix) + card("NAXIS", len(axes))
    text += "".join(card("NAXIS%d" % (i + 1), n) for i, n in enumerate(axes)) + "".join(card(k, v) for k, v in cards) + "END".ljust(80)
    data = struct.pack(">%d%s" % (len(pixels), letter), *pixels)
    with open(path, "wb") as file:
        file.write(text.ljust(-(-len(text) // BLOCK) * BLOCK).encode())
        file.write(data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0"))


def sky(width, height, seed, noise, peak):
    """A point source of 3 pixels' width on noise."""
    dice = random.Random(seed)
    return [dice.gauss(0, noise) + peak * math.exp(-((x - width * .4) ** 2 + (y - height * .6) ** 2) / 18)
            for y in range(height) for x in range(width)]


def pack(name, source, *arguments, checksums=False):
    """fpack, then funpack for what it should read as."""
    for old in (name + ".fits.fz", name + ".unpacked.fits"):
        if os.path.exists(old):
            os.remove(old)
    subprocess.run(["fpack", *arguments, *([] if checksums else ["-C"]), "-O", name + ".fits.fz", source], check=True)
    unpack(name)


def unpack(name):
    subprocess.run(["funpack", "-C", "-O", name + ".unpacked.fits", name + ".fits.fz"], check=True)


def replace_in(path, target, old, new):
    with open(path, "rb") as file:
        data = file.read()
    assert data.count(old) == 1 and len(old) == len(new), (path, data.count(old))
    with open(target, "wb") as file:
        file.write(data.replace(old, new))


W, H = 39, 29
write("i16.fits", 16, [W, H], [round(v) for v in sky(W, H, 1, 12, 3000)], [("BSCALE", 0.5), ("BZERO", 100.0), ("BUNIT", "JY/BEAM")])
write("i32.fits", 32, [W, H], [round(v) for v in sky(W, H, 2, 3e5, 1.5e9)])
write("u8.fits", 8, [W, H], [max(0, min(255, round(v))) for v in sky(W, H, 3, 4, 200)])
write("mask.fits", 16, [W, H], [5 if v > 30 else 1 if v > 8 else 0 for v in sky(W, H, 4, 4, 200)])
f32 = sky(W, H, 5, 1e-4, 0.03)
for i in range(250, 280):
    f32[i] = math.nan
for i in range(500, 530):
    f32[i] = 0.0
write("f32.fits", -32, [W, H], f32)
write("f64.fits", -64, [W, H], sky(W, H, 6, 1e-4, 0.03))
write("cube.fits", -32, [21, 13, 5], sky(21, 13 * 5, 7, 1e-4, 0.03))

pack("i16_hcompress", "i16.fits", "-h")
pack("i16_hcompress_tiles", "i16.fits", "-h", "-t", "19,16")
pack("i16_hcompress_lossy", "i16.fits", "-h", "-w", "-s", "-20")
pack("i32_hcompress", "i32.fits", "-h", "-t", "24,18")
pack("u8_hcompress", "u8.fits", "-h", "-w")
pack("f32_hcompress", "f32.fits", "-h", "-q42", "4")
pack("f32_gzip2", "f32.fits", "-g2", "-qz7", "4")
pack("f32_gzip2_lossless", "f32.fits", "-g2", "-q", "0")
pack("f32_rice_zeros", "f32.fits", "-r", "-qz9999", "2")
pack("f64_rice", "f64.fits", "-r", "-q3", "4")
pack("i16_gzip2", "i16.fits", "-g2", "-t", "20,20")
pack("u8_rice", "u8.fits", "-r", checksums=True)
pack("mask_plio", "mask.fits", "-p", "-t", "30,12")
pack("i16_none", "i16.fits", "-d")
pack("cube_rice", "cube.fits", "-r", "-t", "8,6,2", "-q11", "4")

# fpack cannot ask for smoothing, but funpack obeys the keyword: the lossy tile with SMOOTH = 1.
smooth = "i16_hcompress_smooth"
replace_in("i16_hcompress_lossy.fits.fz", smooth + ".fits.fz", card("ZVAL2", 0)[:30].encode(), card("ZVAL2", 1)[:30].encode())
if os.path.exists(smooth + ".unpacked.fits"):
    os.remove(smooth + ".unpacked.fits")
unpack(smooth)

# Where packing loses nothing, the input is what it should read as: no second copy. All but the packed files are kept gzipped.
for name in sorted(os.listdir(".")):
    if name.endswith(".unpacked.fits"):
        with open(name, "rb") as left, open(name.split("_")[0] + ".fits", "rb") as right:
            same = left.read()[BLOCK:] == right.read()[BLOCK:]
        if same:
            os.remove(name)
for name in ("f32.fits", "f64.fits", "cube.fits"):            # only read as something else
    os.remove(name)
for name in sorted(os.listdir(".")):
    if name.endswith(".fits"):
        subprocess.run(["gzip", "-9", "-n", "-f", name], check=True)
