"""`cargo xtask compare`: Python's mmap. Prints what compare.c prints."""

import mmap
import os
import sys
import time

CAPACITY, SHORT, LONG = 1 << 20, b"x" * 100, b"y" * (512 << 10)
path = sys.argv[1]


def measured(prepare, work):
    rounds = []
    for _ in range(15):
        prepare()
        work()
        begun = time.perf_counter()
        for _ in range(100):
            work()
        rounds.append((time.perf_counter() - begun) * 1e6 / 100)
    return min(rounds)


def write(text):
    map[: len(text)] = text
    map[len(text)] = 0


def append():
    end = map.find(b"\0")
    map[end : end + 2 + len(SHORT)] = b"\r\n" + SHORT


def read():
    text = map[: map.find(b"\0")].decode()
    assert len(text) in (len(SHORT), len(LONG))


with open(path, "w+b") as file:
    file.truncate(CAPACITY)
    map = mmap.mmap(file.fileno(), CAPACITY)
os.unlink(path)


def long():
    write(LONG)
    map[len(LONG) :] = bytes(CAPACITY - len(LONG))


figures = [
    measured(lambda: None, lambda: write(SHORT)),
    measured(lambda: write(SHORT), read),
    measured(long, append),
    measured(long, read),
]
print("mmap, Python|" + "|".join(f"{figure:g}" for figure in figures))
