"""One file, however it comes and whoever reads it: the same result where it must be the same."""

import hashlib
from itertools import pairwise

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORMATS = ("jpeg", "png", "heic", "tiff", "webp", "avif", "psd", "dng", "gif", "svg")


def facts(extraction: pb.Extraction) -> pb.Extraction:
    """Leave out what differs between two readings of one file: names, times, costs."""
    kept = pb.Extraction()
    kept.CopyFrom(extraction)
    for name in ("name", "create_time", "end_time", "expire_time"):
        kept.ClearField(name)
    kept.result.ClearField("timings")
    kept.quality.ClearField("efficiency")
    kept.insights.provenance.ClearField("verified_at")
    for run in kept.result.engines:
        run.ClearField("wall")
        run.ClearField("cpu")
    return kept


async def placed(service, image, cuts: list[int]) -> pb.Extraction:
    """Upload the parts between the cuts, the last one first."""
    upload = service.begin(image.name, size_bytes=len(image.content))
    edges = [0, *cuts, len(image.content)]
    for start, end in reversed(list(pairwise(edges))):
        upload.place(start, image.content[start:end])
    upload.finish(image.content)
    upload.close()
    return await upload.to_the_end()


@pytest.mark.parametrize("made", FORMATS)
async def test_in_one_chunk_in_bytes_and_tail_first(made: str, service) -> None:
    image = make(made)
    whole = service.begin(image.name, size_bytes=len(image.content))
    whole.send(image.content)
    whole.finish(image.content)
    whole.close()
    expected = facts(await whole.to_the_end())
    assert expected.result.file.hashes.sha256 == hashlib.sha256(image.content).hexdigest()

    single = service.begin(image.name, size_bytes=len(image.content))
    single.send(*(bytes([one]) for one in image.content[:3000]), image.content[3000:])
    single.finish(image.content)
    single.close()
    assert facts(await single.to_the_end()) == expected

    assert facts(await placed(service, image, [100, len(image.content) // 2])) == expected


@pytest.mark.parametrize("made", ["svg", "ico", "webp"])
async def test_a_whole_small_file_a_byte_at_a_time(made: str, service) -> None:
    image = make(made)
    expected = facts((await service.extract(image)).ended)
    upload = service.begin(image.name, size_bytes=len(image.content))
    upload.send(*(bytes([one]) for one in image.content))
    upload.finish(image.content)
    upload.close()
    told = facts(await upload.to_the_end())
    assert told == expected
    assert told.result.fields


@pytest.mark.parametrize("made", FORMATS)
async def test_what_the_fallback_reads_is_what_exiftool_reads(made: str, service, basic_service) -> None:
    image = make(made)
    enhanced = (await service.extract(image)).ended.result
    basic = (await basic_service.extract(image)).ended.result
    assert (basic.fallback.engine, basic.fallback.cause) == ("exiftool", "off")
    assert basic.file == enhanced.file
    told = {(one.path, one.group, one.name): set() for one in enhanced.fields}
    for one in enhanced.fields:
        told[one.path, one.group, one.name].add(one.printed)
    contradicting = [
        (one.path, one.group, one.name, one.printed, told[one.path, one.group, one.name])
        for one in basic.fields
        if (one.path, one.group, one.name) in told
        and one.printed not in told[one.path, one.group, one.name]
        and one.engine == "walkers"
    ]
    assert contradicting == []
    read = [one for one in basic.fields if (one.path, one.group, one.name) in told]
    assert len(read) >= len([one for one in enhanced.fields if one.standard == 1]) // 2
