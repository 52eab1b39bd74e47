"""What the environment of workers does to them."""

import subprocess
import sys

from metaextract_extractor.adapters.workers.sandbox import ENVIRONMENT

MEBIBYTE = 1024 * 1024
THREADS_COUNT = 8
ARENA_MEBIBYTES = 64
STACK_MEBIBYTES = 8
PROGRAM = f"""
import psutil, threading
before = psutil.Process().memory_info().vms
together = threading.Barrier({THREADS_COUNT} + 1)
def hold():
    held = bytearray(20_000)
    together.wait()
    together.wait()
    del held
for _ in range({THREADS_COUNT}):
    threading.Thread(target=hold).start()
together.wait()
print((psutil.Process().memory_info().vms - before) // {MEBIBYTE})
together.wait()
"""


def test_threads_of_decoders_share_their_arenas_of_memory() -> None:
    command = [sys.executable, "-I", "-c", PROGRAM]
    taken = int(subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True).stdout)
    assert taken < THREADS_COUNT * STACK_MEBIBYTES + 3 * ARENA_MEBIBYTES
