"""What a reading cost against what such a file costs."""

import time

import pytest

from metaextract_extractor.reading.quality.efficiency import (
    Coefficients,
    Cost,
    CostModel,
    assess_efficiency,
    cost_model,
    kernel_cpu_seconds,
    measure_host,
)

MODEL = CostModel("test", 0.004, {"": Coefficients(10, 0.1, 1), "PNG": Coefficients(5, 0.1, 1)})


def cost(cpu_seconds: float | None = 0.02, **others: object) -> Cost:
    return Cost(cpu_seconds=cpu_seconds, bytes_total=2_000_000, host_scale=1.0, **others)  # type: ignore[arg-type]


def test_a_file_that_costs_what_is_expected_is_read_with_full_efficiency() -> None:
    done = assess_efficiency(cost(0.022), "JPEG", 100, MODEL)
    assert done.expected_cpu_ms == pytest.approx(22)
    assert done.processing_efficiency == pytest.approx(1)


def test_twice_the_processor_time_is_half_the_efficiency() -> None:
    assert assess_efficiency(cost(0.044), "JPEG", 100, MODEL).processing_efficiency == pytest.approx(0.5)


def test_efficiency_never_exceeds_one() -> None:
    assert assess_efficiency(cost(0.001), "JPEG", 100, MODEL).processing_efficiency == 1


def test_a_slower_host_is_expected_to_take_longer() -> None:
    slow = Cost(cpu_seconds=0.044, bytes_total=2_000_000, host_scale=2.0)
    assert assess_efficiency(slow, "JPEG", 100, MODEL).processing_efficiency == pytest.approx(1)


def test_waiting_changes_nothing() -> None:
    """Processor time is what counts; wall time is told apart."""
    began, wall_began = time.process_time(), time.perf_counter()
    sum(range(3_000_000))
    busy = time.process_time() - began
    before = assess_efficiency(cost(busy, wall_seconds=time.perf_counter() - wall_began), "JPEG", 1, MODEL)
    time.sleep(0.3)
    waited = time.process_time() - began
    after = assess_efficiency(cost(waited, wall_seconds=time.perf_counter() - wall_began), "JPEG", 1, MODEL)
    assert before.wall_ms is not None
    assert after.wall_ms is not None
    assert after.wall_ms > before.wall_ms + 290
    assert after.processing_efficiency == pytest.approx(before.processing_efficiency, abs=0.05)


def test_formats_have_a_model_of_their_own_or_that_of_all() -> None:
    assert assess_efficiency(cost(), "PNG", 0, MODEL).expected_cpu_ms == pytest.approx(7)
    assert assess_efficiency(cost(), "never seen", 0, MODEL).expected_cpu_ms == pytest.approx(12)


def test_what_was_not_measured_is_not_told() -> None:
    done = assess_efficiency(Cost(), "JPEG", 10, MODEL)
    assert done.processing_efficiency is None
    assert done.expected_cpu_ms is None
    assert done.io_economy is None
    assert (done.cpu_ms, done.wall_ms, done.queue_ms, done.memory_peak_bytes, done.bytes_read) == (None,) * 5


@pytest.mark.parametrize(("read", "economy"), [(0, 1.0), (500_000, 0.75), (2_000_000, 0.0), (9_000_000, 0.0)])
def test_io_economy_is_the_share_of_the_file_that_was_not_read(read: int, economy: float) -> None:
    assert assess_efficiency(cost(bytes_read=read), "JPEG", 10, MODEL).io_economy == pytest.approx(economy)


def test_what_pixels_are_decoded_from_is_told_apart() -> None:
    done = assess_efficiency(cost(bytes_read=2_100_000, bytes_read_for_pixels=2_000_000), "JPEG", 10, MODEL)
    assert done.io_economy == 0
    assert done.metadata_io_economy == pytest.approx(0.95)
    assert (done.bytes_read, done.bytes_read_for_pixels) == (2_100_000, 2_000_000)
    unknown = assess_efficiency(cost(bytes_read=500_000), "JPEG", 10, MODEL)
    assert (unknown.io_economy, unknown.metadata_io_economy) == (0.75, None)


def test_the_server_adds_what_it_alone_sees() -> None:
    inside = assess_efficiency(cost(wall_seconds=0.5, memory_peak_bytes=None), "JPEG", 10, MODEL)
    outside = inside.seen_from_outside(queue_seconds=1.5, wall_seconds=0.75, memory_peak_bytes=45_000_000)
    assert (outside.queue_ms, outside.wall_ms, outside.memory_peak_bytes) == (1500, 750, 45_000_000)
    assert outside.processing_efficiency == inside.processing_efficiency
    unknown = inside.seen_from_outside(queue_seconds=0, wall_seconds=0.75, memory_peak_bytes=None)
    assert (unknown.queue_ms, unknown.memory_peak_bytes) == (0, None)


def test_a_model_survives_being_written_down() -> None:
    assert CostModel.from_json(MODEL.to_json()) == MODEL


def test_the_host_is_measured_by_processor_time() -> None:
    assert kernel_cpu_seconds() > 0
    assert measure_host(MODEL) > 0


def test_the_model_of_this_build_knows_what_to_say_of_any_format() -> None:
    model = cost_model()
    assert model.expected_ms("never seen", 50, 10**6) > 0
    assert model.kernel_seconds > 0
