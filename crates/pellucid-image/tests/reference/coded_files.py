"""Small DICOM files of made pixels in every transfer syntax that is read, and their values, for `tests/dicom_reference.rs`.

    venv/bin/pip install pydicom numpy imagecodecs pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle
    venv/bin/python coded_files.py FOLDER

Values are those that were encoded; for lossy syntaxes those that pydicom decodes. What pydicom decodes is compared with them as well.
"""

import json
import pathlib
import struct
import sys

import imagecodecs
import numpy
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels.encoders.native import _encode_frame
from pydicom.uid import UID

from pydicom_values import LOSSY, facts

ROWS, COLUMNS = 18, 25


def made(bits, signed=False, samples=1, frame=0):
    """A slope with waves and noise over the whole range of the bits."""
    draw = numpy.random.default_rng(bits + 100 * samples + frame)
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    planes = []
    for c in range(samples):
        v = (x + (c + 1) * y) / (COLUMNS + (c + 1) * ROWS) * 0.9 + 0.04 * numpy.sin(x / 2 + frame) + 0.02 * draw.random(x.shape)
        planes.append(numpy.clip(v, 0, 1) * (2**bits - 1))
    v = numpy.stack(planes, -1) if samples > 1 else planes[0]
    if signed:
        v = v - 2 ** (bits - 1)
    size = 8 if bits <= 8 else 16 if bits <= 16 else 32
    return numpy.round(v).astype(f"{'i' if signed else 'u'}{size // 8}")


def rle(frame):
    """Run lengths of one frame by pydicom's own encoder."""
    samples = frame.shape[2] if frame.ndim == 3 else 1
    bits = frame.dtype.itemsize * 8

    class Runner:
        def get_option(self, name, default=None):
            return {"bits_allocated": bits, "rows": ROWS, "columns": COLUMNS, "samples_per_pixel": samples, "byteorder": "<"}[name]

        bits_allocated, rows, columns, samples_per_pixel = bits, ROWS, COLUMNS, samples

    return bytes(_encode_frame(frame.tobytes(), Runner()))


def write(path, syntax, frames, stored, photometric, payload):
    """One file around pixels that are encoded already: `payload` gives their elements by keyword."""
    first = frames[0]
    ds = Dataset()
    ds.PatientID = "made"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3.4"
    ds.SamplesPerPixel = first.shape[2] if first.ndim == 3 else 1
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = first.dtype.itemsize * 8, stored, stored - 1
    ds.PixelRepresentation = 1 if first.dtype.kind == "i" else 0
    for keyword, value in payload.items():
        setattr(ds, keyword, value)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 and not UID(syntax).is_encapsulated else "OB"
    ds["PixelData"].is_undefined_length = UID(syntax).is_encapsulated
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.file_meta.ImplementationClassUID = "1.2.3.5"
    ds.save_as(path, enforce_file_format=True)


def fragmented(frames):
    """Three frames of which the second lies in two fragments, found by the basic table of offsets."""
    item = lambda data: struct.pack("<HHL", 0xFFFE, 0xE000, len(data)) + data
    split = [[frames[0]], [frames[1][:40], frames[1][40:]], [frames[2]]]
    body, offsets = b"", []
    for parts in split:
        offsets.append(len(body))
        body += b"".join(item(part) for part in parts)
    return item(struct.pack(f"<{len(offsets)}L", *offsets)) + body


def native(frame, big=False):
    return frame.astype(frame.dtype.newbyteorder(">" if big else "<")).tobytes()


def files():
    """`(name, transfer syntax, frames, bits stored, photometric interpretation, elements of the pixels)`"""
    one = lambda data: {"PixelData": encapsulate([data])}
    u8, u12, s16, u32 = made(8), made(12), made(16, signed=True), made(32)
    rgb, rgb16 = made(8, samples=3), made(16, samples=3)
    yield "implicit_s16", "1.2.840.10008.1.2", [s16], 16, "MONOCHROME2", {"PixelData": native(s16)}
    yield "explicit_u32", "1.2.840.10008.1.2.1", [u32], 32, "MONOCHROME2", {"PixelData": native(u32)}
    yield "big_s16", "1.2.840.10008.1.2.2", [s16], 16, "MONOCHROME2", {"PixelData": native(s16, big=True)}
    yield "deflated_u12", "1.2.840.10008.1.2.1.99", [u12], 12, "MONOCHROME2", {"PixelData": native(u12)}
    yield "rle_u8", "1.2.840.10008.1.2.5", [u8], 8, "MONOCHROME2", one(rle(u8))
    yield "rle_s16", "1.2.840.10008.1.2.5", [s16], 16, "MONOCHROME2", one(rle(s16))
    yield "rle_u32", "1.2.840.10008.1.2.5", [u32], 32, "MONOCHROME2", one(rle(u32))
    yield "rle_rgb", "1.2.840.10008.1.2.5", [rgb], 8, "RGB", one(rle(rgb))
    yield "rle_rgb16", "1.2.840.10008.1.2.5", [rgb16], 16, "RGB", one(rle(rgb16))
    several = [made(12, frame=i) for i in range(3)]
    coded = [rle(frame) for frame in several]
    yield "rle_fragments", "1.2.840.10008.1.2.5", several, 12, "MONOCHROME2", {"PixelData": fragmented(coded)}
    data, offsets, lengths = encapsulate_extended(coded)
    extended = {"PixelData": data, "ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}
    yield "rle_extended", "1.2.840.10008.1.2.5", several, 12, "MONOCHROME2", extended
    for predictor in (1, 2, 4, 6, 7):
        data = imagecodecs.jpeg8_encode(u12.astype("u2"), lossless=True, predictor=predictor, bitspersample=12)
        syntax = "1.2.840.10008.1.2.4.70" if predictor == 1 else "1.2.840.10008.1.2.4.57"
        yield f"lossless_p{predictor}_u12", syntax, [u12], 12, "MONOCHROME2", one(data)
    u16 = made(16)
    data = imagecodecs.jpeg8_encode(u16, lossless=True, predictor=1, bitspersample=16)
    yield "lossless_u16", "1.2.840.10008.1.2.4.70", [u16], 16, "MONOCHROME2", one(data)
    data = imagecodecs.jpeg8_encode(rgb, lossless=True, predictor=1, colorspace="rgb", outcolorspace="rgb")
    yield "lossless_rgb", "1.2.840.10008.1.2.4.70", [rgb], 8, "RGB", one(data)
    data = imagecodecs.jpeg8_encode(u12.astype("u2"), level=95, bitspersample=12)
    yield "extended_u12", "1.2.840.10008.1.2.4.51", [u12], 12, "MONOCHROME2", one(data)
    yield "baseline_u8", "1.2.840.10008.1.2.4.50", [u8], 8, "MONOCHROME2", one(imagecodecs.jpeg8_encode(u8, level=95))
    data = imagecodecs.jpeg8_encode(rgb, level=98, subsampling="444")
    yield "baseline_ybr", "1.2.840.10008.1.2.4.50", [rgb], 8, "YBR_FULL", one(data)
    for name, pixels, stored in (("u8", u8, 8), ("u12", u12, 12), ("s16", s16, 16)):
        data = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True, level=0, bitspersample=stored)
        yield f"j2k_{name}", "1.2.840.10008.1.2.4.90", [pixels], stored, "MONOCHROME2", one(data)
    data = imagecodecs.jpeg2k_encode(rgb, codecformat="j2k", reversible=True, level=0, mct=True)
    yield "j2k_rct", "1.2.840.10008.1.2.4.90", [rgb], 8, "YBR_RCT", one(data)
    data = imagecodecs.jpeg2k_encode(rgb, codecformat="j2k", reversible=False, level=45, mct=True)
    yield "j2k_ict", "1.2.840.10008.1.2.4.91", [rgb], 8, "YBR_ICT", one(data)
    for name, pixels, stored in (("u8", u8, 8), ("u12", u12, 12), ("s16", s16, 16)):
        data = imagecodecs.htj2k_encode(pixels, reversible=True)
        yield f"htj2k_{name}", "1.2.840.10008.1.2.4.201", [pixels], stored, "MONOCHROME2", one(data)
    data = imagecodecs.htj2k_encode(rgb, reversible=True, rgb=True)
    yield "htj2k_rct", "1.2.840.10008.1.2.4.201", [rgb], 8, "YBR_RCT", one(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    out = {}
    for name, syntax, frames, stored, photometric, payload in files():
        path = folder / f"{name}.dcm"
        write(path, syntax, frames, stored, photometric, payload)
        values = [f.astype(float).transpose(2, 0, 1) if f.ndim == 3 else f.astype(float)[None] for f in frames]
        flat = numpy.stack(values).astype(numpy.float32).astype(float).ravel()
        try:
            found = facts(path)
        except Exception as error:  # noqa: BLE001: what pydicom can't decode is still known from its making
            print(f"{name}: pydicom: {type(error).__name__}: {str(error)[:120]}", file=sys.stderr)
            found = None
        if found is None or syntax not in LOSSY | {"1.2.840.10008.1.2.4.91"}:
            due = {
                "frames": len(frames),
                "shape": list(numpy.stack(values).shape),
                "lossy": False,
                "min": flat.min(),
                "max": flat.max(),
                "sum": flat.sum(),
                "weighted": float((flat * (numpy.arange(flat.size) % 97)).sum()),
                "samples": [[i, flat[i]] for i in (int(k * (flat.size - 1) // 16) for k in range(17))],
                "corners": [None],
            }
            if found is not None and (found["sum"], found["weighted"]) != (due["sum"], due["weighted"]):
                print(f"{name}: pydicom differs: {found['sum']} {due['sum']}", file=sys.stderr)
            found = due
        out[path.name] = found
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out.items())
    (folder / "values.json").write_text("{\n" + lines + "\n}\n")


main()
