"""A few hundred broken files through our own walkers, the same ones each time.

`python -m tests.fuzz.walkers` looks for new ones, led by what of the code they reach.
"""

import pytest
from bench.hostile.seeds import File, factory_seeds, variants
from tests.fuzz.targets import TARGETS, check, check_arriving

SEED = 20261123
VARIANTS_COUNT = 400
TRUNCATIONS_COUNT = 40
HEAD_BYTES = 160

FOUND = (
    # The screen descriptor had arrived by half.
    ("gif", bytes.fromhex("474946383961600040008700004749 46f038")),
)
"""What fuzzing broke a walker with: its name and the bytes."""


@pytest.fixture(scope="module")
def made() -> list[File]:
    return factory_seeds()


def test_no_walker_fails_on_a_broken_file_or_points_outside_of_it(made: list[File]) -> None:
    for file in variants(made, [], SEED, range(VARIANTS_COUNT)):
        check(TARGETS["file"], file.content)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_each_walker_takes_the_files_of_all_others(target: str, made: list[File]) -> None:
    for file in made:
        check(TARGETS[target], file.content)
        check(TARGETS[target], file.content[: len(file.content) // 3])


def test_a_file_may_end_anywhere(made: list[File]) -> None:
    for file in made:
        for part in range(TRUNCATIONS_COUNT):
            check(TARGETS["file"], file.content[: len(file.content) * part // TRUNCATIONS_COUNT])


def test_what_has_arrived_may_end_anywhere(made: list[File]) -> None:
    for file in made:
        parts = (len(file.content) * part // TRUNCATIONS_COUNT for part in range(TRUNCATIONS_COUNT))
        for received_bytes in {*range(0, HEAD_BYTES, 3), *parts}:
            check_arriving(TARGETS["file"], file.content, received_bytes)


@pytest.mark.parametrize(("target", "content"), FOUND)
def test_what_once_broke_a_walker_breaks_it_no_more(target: str, content: bytes) -> None:
    for received_bytes in range(len(content) + 1):
        check_arriving(TARGETS[target], content, received_bytes)
