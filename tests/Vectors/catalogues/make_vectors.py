"""Catalogue files written by astropy, all with the same five rows (and one file of array columns).

Run with Debian 12's python3-astropy 5.2.1: /usr/bin/python3 make_vectors.py
"""
import gzip
import os

import numpy as np
from astropy.io.votable import from_table
from astropy.io.votable.tree import Field
from astropy.table import Column, MaskedColumn, Table

here = os.path.dirname(os.path.abspath(__file__))


def five():
    t = Table()
    t["Source_Name"] = Column(["ILTJ1", "ILTJ2", "a, \"b\"", "", "ILTJ5"], description="name of the source")
    t["RA"] = Column([10.5, 359.9999999999, 0.0, np.nan, 1.0 / 3], unit="deg", description="right ascension")
    t["DEC"] = Column([-90.0, 45.25, 1e-12, 5.0, 89.5], unit="deg")
    t["Peak_flux"] = Column([0.0015, 1e-5, np.nan, 2.5, 3e38], unit="Jy/beam", dtype="f4")
    t["Big"] = Column([9007199254740993, -9007199254740993, 0, 1, 2], dtype="i8")
    t["Count"] = MaskedColumn([1, -99, 3, 4, 5], mask=[0, 1, 0, 0, 0], dtype="i4", fill_value=-99)
    t["Flag"] = Column([True, False, True, False, True])
    return t


def votable(table, name, form, version):
    vo = from_table(table)
    vo.version = version
    for tab in vo.iter_tables():
        for field in tab.fields:
            if field.name == "Count":
                field.values.null = -99
    vo.to_xml(os.path.join(here, name), tabledata_format=form)


t = five()
votable(t, "tabledata.vot", "tabledata", "1.4")
votable(t, "binary.vot", "binary", "1.3")
votable(t, "binary2.vot", "binary2", "1.4")
with open(os.path.join(here, "tabledata.vot"), "rb") as plain, open(os.path.join(here, "tabledata.vot.gz"), "wb") as packed:
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
        stream.write(plain.read())
t.write(os.path.join(here, "table.fits"), overwrite=True)
t.write(os.path.join(here, "table.ecsv"), delimiter=",", overwrite=True)
t.write(os.path.join(here, "blanks.ecsv"), overwrite=True)

# Columns that hold several values stand between those that are read: their bytes must be skipped exactly.
w = Table()
w["first"] = Column([1, 2, 3], dtype="i2")
w["vector"] = Column(np.arange(9, dtype="f4").reshape(3, 3))
w["text"] = Column(["é", "日本", ""])
w["matrix"] = Column(np.arange(12, dtype="f8").reshape(3, 2, 2))
w["complex"] = Column([1 + 2j, 3 - 4j, 0j])
w["last"] = Column([1.5, -2.5, np.inf], unit="mJy")
for form in ("tabledata", "binary", "binary2"):
    votable(w, f"arrays-{form}.vot", form, "1.4")
