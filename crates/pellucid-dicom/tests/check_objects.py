"""Reads result objects back with pydicom and highdicom, which share no code with their writer.

check_objects.py SOURCES RESULTS: SOURCES is a folder of source files; RESULTS holds the objects, and `expected.json` with what they must say,
`values.f32` and `mask-N.u8` with the arrays `D x H x W` that went in. Any disagreement ends the program with an AssertionError.
"""

import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.sr.codedict import codes


def slices(folder):
    """The source's slices along their normal: (data set, frame number or None, position, orientation, spacing)."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        ds = pydicom.dcmread(path)
        if "PerFrameFunctionalGroupsSequence" not in ds:
            found.append((ds, None, ds.get("ImagePositionPatient"), ds.get("ImageOrientationPatient"), ds.get("PixelSpacing")))
            continue
        shared = ds.SharedFunctionalGroupsSequence[0]
        for number, own in enumerate(ds.PerFrameFunctionalGroupsSequence, 1):
            group = lambda name: (own if name in own else shared)[name][0]
            found.append((
                ds, number, group("PlanePositionSequence").ImagePositionPatient,
                group("PlaneOrientationSequence").ImageOrientationPatient, group("PixelMeasuresSequence").PixelSpacing,
            ))
    if found[0][2] is not None:
        o = np.array(found[0][3], float)
        normal = np.cross(o[:3], o[3:])
        found.sort(key=lambda s: float(np.dot(np.array(s[2], float), normal)))
    return found


def check_common(ds, source, expected):
    assert ds.StudyInstanceUID == source.StudyInstanceUID
    assert ds.SeriesInstanceUID != source.SeriesInstanceUID and ds.SOPInstanceUID != source.SOPInstanceUID
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert ds.file_meta.MediaStorageSOPClassUID == ds.SOPClassUID
    assert ds.ContentQualification == "RESEARCH" and ds.ContentDate == "20240229" and ds.ContentTime == "123456"
    assert ds.SeriesDescription.startswith("RESEARCH, not for diagnosis")
    assert ds.Manufacturer == "Pellucid" and ds.SoftwareVersions
    equipment = ds.ContributingEquipmentSequence[0]
    assert "integrated-gradients" in equipment.ContributionDescription and "steps = 50" in equipment.ContributionDescription
    # The offset from UTC would hold for the study's time as well.
    assert ds.get("TimezoneOffsetFromUTC") == (source.get("TimezoneOffsetFromUTC") if expected["keep"] else "+0100")
    if expected["keep"]:
        for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyID", "AccessionNumber"):
            assert ds.get(name) == source.get(name), name
    else:
        assert ds.PatientIdentityRemoved == "YES" and ds.DeidentificationMethod
        assert ds.PatientID.startswith("PSEUDO-") and ds.PatientID != source.get("PatientID")
        assert not ds.PatientBirthDate and not ds.StudyDate and not ds.AccessionNumber


def check_references(ds, frames):
    """Common Instance Reference: exactly the instances of the source."""
    assert len(ds.ReferencedSeriesSequence) == 1
    series = ds.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == frames[0][0].SeriesInstanceUID
    named = [(i.ReferencedSOPClassUID, i.ReferencedSOPInstanceUID) for i in series.ReferencedInstanceSequence]
    assert len(named) == len(set(named))
    assert set(named) == {(f[0].SOPClassUID, f[0].SOPInstanceUID) for f in frames}


def check_frame(own, shared, frame):
    """Plane and source of one frame."""
    ds, number, position, orientation, spacing = frame
    if position is not None:
        assert own.PlanePositionSequence[0].ImagePositionPatient == position
        assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == orientation
        assert shared.PixelMeasuresSequence[0].PixelSpacing == spacing
    source = own.DerivationImageSequence[0].SourceImageSequence[0]
    assert (source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID) == (ds.SOPClassUID, ds.SOPInstanceUID)
    assert source.get("ReferencedFrameNumber") == number


def check_map(path, frames, expected, values):
    ds = pydicom.dcmread(path)
    check_common(ds, frames[0][0], expected)
    check_references(ds, frames)
    if "FrameOfReferenceUID" in frames[0][0]:
        assert ds.FrameOfReferenceUID == frames[0][0].FrameOfReferenceUID
    stored = np.frombuffer(ds.FloatPixelData, "<f4").reshape(values.shape)
    assert stored.tobytes() == values.tobytes(), "values differ"
    assert np.array_equal(ds.pixel_array.reshape(values.shape), values)
    assert ds.NumberOfFrames == len(frames)
    shared = ds.SharedFunctionalGroupsSequence[0]
    for i, (own, frame) in enumerate(zip(ds.PerFrameFunctionalGroupsSequence, frames, strict=True)):
        check_frame(own, shared, frame)
        assert own.FrameContentSequence[0].DimensionIndexValues == i + 1
    mapping = shared.RealWorldValueMappingSequence[0]
    assert mapping.RealWorldValueSlope == 1 and mapping.RealWorldValueIntercept == 0
    assert mapping.DoubleFloatRealWorldValueFirstValueMapped == float(values.min())
    assert mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0].CodeValue == "130404"
    window = shared.FrameVOILUTSequence[0]
    low, high = window.WindowCenter - window.WindowWidth / 2, window.WindowCenter + window.WindowWidth / 2
    slack = 1e-9 * abs(values).max()
    assert low <= values.min() + slack and high >= values.max() - slack
    # The same through highdicom, which applies the real world value mapping and sorts frames itself.
    image = hd.imread(path)
    image.pixel_array  # decoded as a whole: highdicom 0.28 asks for Pixel Representation when it decodes single frames of floats
    for i in range(len(frames)):
        assert np.array_equal(image.get_frame(i + 1, apply_real_world_transform=True), values[i].astype(np.float64))
    if len(frames) > 1:
        check_volume(image.get_volume(apply_real_world_transform=True), frames, values)


def check_volume(volume, frames, values):
    """Every slice of a volume put together by highdicom lies where the source slice with these values lies."""
    for i, frame in enumerate(frames):
        position = np.array(frame[2], float)
        index = volume.map_reference_to_indices(position[None], round_output=False)[0]
        at = np.round(index).astype(int)
        assert np.abs(index - at).max() < 1e-3 and at[1] == 0 and at[2] == 0, index
        assert np.array_equal(volume.array[at[0]], values[i].astype(volume.array.dtype))


def check_segments(path, frames, expected, masks):
    ds = pydicom.dcmread(path)
    check_common(ds, frames[0][0], expected)
    check_references(ds, frames)
    assert ds.SegmentationType == "BINARY" and ds.BitsAllocated == 1
    overlap = any((a & b).any() for i, a in enumerate(masks) for b in masks[:i])
    assert ds.SegmentsOverlap == ("YES" if overlap else "NO")
    assert [s.SegmentNumber for s in ds.SegmentSequence] == list(range(1, len(masks) + 1))
    assert [s.SegmentDescription for s in ds.SegmentSequence] == expected["rules"]
    shared, found = ds.SharedFunctionalGroupsSequence[0], np.zeros_like(np.array(masks))
    pixels = ds.pixel_array.reshape(-1, *masks[0].shape[1:])
    for own, frame in zip(ds.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        segment = own.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        index = own.FrameContentSequence[0].DimensionIndexValues
        assert index[0] == segment
        check_frame(own, shared, frames[index[1] - 1])
        assert frame.any()
        found[segment - 1, index[1] - 1] = frame
    assert np.array_equal(found, np.array(masks)), "masks differ"
    check_segments_like_highdicom(path, ds, frames, masks)


def check_segments_like_highdicom(path, ds, frames, masks):
    """highdicom reads the segments, and makes the same frames when it writes them."""
    seg = hd.seg.segread(path)
    assert seg.number_of_segments == len(masks)
    for i, number in enumerate(seg.segment_numbers):
        description = seg.get_segment_description(number)
        assert description.algorithm_identification.name == "integrated-gradients"
        assert description.tracking_uid == ds.SegmentSequence[i].TrackingUID
    if frames[0][1] is not None or frames[0][2] is None:
        return
    sources = [f[0] for f in frames]
    read = seg.get_pixels_by_source_instance([s.SOPInstanceUID for s in sources], ignore_spatial_locations=True, assert_missing_frames_are_empty=True)
    assert np.array_equal(np.moveaxis(read, -1, 0), np.array(masks))
    theirs = hd.seg.Segmentation(
        sources, np.moveaxis(np.array(masks), 0, -1), hd.seg.SegmentationTypeValues.BINARY,
        [hd.seg.SegmentDescription.from_dataset(s) for s in ds.SegmentSequence], hd.UID(), 1, hd.UID(), 1, "m", "m", "1", "1",
    )
    place = lambda g: (g.SegmentIdentificationSequence[0].ReferencedSegmentNumber, tuple(g.PlanePositionSequence[0].ImagePositionPatient))
    mine, other = [[place(g) for g in d.PerFrameFunctionalGroupsSequence] for d in (ds, theirs)]
    assert sorted(mine) == sorted(other), "frames differ from highdicom's"
    # highdicom sorts frames the other way; in this order its frames pack to these very bytes.
    ordered = theirs.pixel_array[[other.index(m) for m in mine]]
    packed = np.packbits(ordered.ravel(), bitorder="little").tobytes()
    assert ds.PixelData == packed + b"\0" * (len(packed) % 2), "bits differ from highdicom's"


def check_capture(path, frames, expected, folder):
    ds = pydicom.dcmread(path)
    check_common(ds, frames[0][0], expected)
    assert ds.BurnedInAnnotation == "YES" and ds.PhotometricInterpretation == "RGB"
    height, width = expected["picture"]
    rgb = np.fromfile(folder / "picture.u8", np.uint8).reshape(height, width, 3)
    assert np.array_equal(ds.pixel_array, rgb)
    assert ds.SourceImageSequence[0].ReferencedSOPInstanceUID == frames[-1][0].SOPInstanceUID
    assert ds.SourceImageSequence[0].get("ReferencedFrameNumber") == frames[-1][1]


def check_report(path, folder, frames, expected, masks):
    ds = pydicom.dcmread(path)
    check_common(ds, frames[0][0], expected)
    assert (ds.PreliminaryFlag, ds.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    segments = pydicom.dcmread(folder / "segments.dcm", stop_before_pixels=True)
    results = [segments] + ([pydicom.dcmread(folder / "map.dcm", stop_before_pixels=True)] if expected["map"] else [])
    evidence = ds.CurrentRequestedProcedureEvidenceSequence[0]
    assert evidence.StudyInstanceUID == frames[0][0].StudyInstanceUID
    listed = {
        (s.SeriesInstanceUID, i.ReferencedSOPClassUID, i.ReferencedSOPInstanceUID)
        for s in evidence.ReferencedSeriesSequence for i in s.ReferencedSOPSequence
    }
    due = [f[0] for f in frames] + results
    assert listed == {(d.SeriesInstanceUID, d.SOPClassUID, d.SOPInstanceUID) for d in due}
    # highdicom knows TID 1500, 1411 and 1501.
    content = hd.sr.srread(path).content
    assert isinstance(content, hd.sr.MeasurementReport)
    whole, = content.get_image_measurement_groups()
    assert whole.tracking_identifier == "whole image" and whole.finding_type.value == "RID3875"
    numbers = {m.name.value: m.value for m in whole.get_measurements()}
    assert numbers == {"122157": 0.875, "deletion-auc": 1 / 3}
    planar = len(frames) == 1
    regions = content.get_planar_roi_measurement_groups() if planar else content.get_volumetric_roi_measurement_groups()
    assert len(regions) == len(masks)
    for i, (group, mask) in enumerate(zip(regions, masks)):
        described = segments.SegmentSequence[i]
        assert group.tracking_uid == described.TrackingUID
        assert group.reference_type == (codes.DCM.ReferencedSegmentationFrame if planar else codes.DCM.ReferencedSegment)
        segment = group.referenced_segmentation_frame if planar else group.referenced_segment
        assert segment.referenced_sop_instance_uid == segments.SOPInstanceUID
        sources = [i for i in group[0].ContentSequence if i.ConceptNameCodeSequence[0].CodeValue in ("121232", "121233")]
        assert len(sources) == 1
        if planar:
            named = sources[0].ReferencedSOPSequence[0]
            assert named.ReferencedSOPInstanceUID == frames[0][0].SOPInstanceUID and named.get("ReferencedFrameNumber") == frames[0][1]
        else:
            assert sources[0].UID == frames[0][0].SeriesInstanceUID
        if not planar:
            assert segment.referenced_segment_numbers == [i + 1]
        else:
            own = segments.PerFrameFunctionalGroupsSequence[segment.referenced_frame_numbers[0] - 1]
            assert own.SegmentIdentificationSequence[0].ReferencedSegmentNumber == i + 1
        assert group.finding_sites[0].value.value == "39607008"
        for code, unit, each in ((codes.SCT.Volume, "mm3", expected["voxel_mm3"]), (codes.SCT.Area, "mm2", expected["pixel_mm2"])):
            found = group.get_measurements(code)
            if each is None:
                assert not found
            else:
                assert np.isclose(found[0].value, mask.sum() * each, rtol=1e-12) and found[0].unit.value == unit
    for group in [whole, *regions]:
        said = {(i.name.value, getattr(i, "value", None)) for i in group[0].ContentSequence if i.ValueType == "TEXT"}
        assert {("111001", "integrated-gradients"), ("111003", "1"), ("111002", "steps = 50")} <= said


def main(sources, folder):
    folder = Path(folder)
    expected = json.loads((folder / "expected.json").read_text())
    frames, grid = slices(sources), expected["grid"]
    values = np.fromfile(folder / "values.f32", "<f4").reshape(grid)
    masks = [np.fromfile(folder / f"mask-{i}.u8", np.uint8).reshape(grid) for i in range(len(expected["rules"]))]
    if expected["map"]:
        check_map(folder / "map.dcm", frames, expected, values)
    check_segments(folder / "segments.dcm", frames, expected, masks)
    check_capture(folder / "capture.dcm", frames, expected, folder)
    check_report(folder / "report.dcm", folder, frames, expected, masks)
    print(f"agreed on {3 + expected['map']} objects, {len(frames)} frames, {values.size} values")


main(*sys.argv[1:])
