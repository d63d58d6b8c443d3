"""Python's multiprocessing.shared_memory: an object that is mapped, and slices of it."""

import sys
import time
from multiprocessing import resource_tracker, shared_memory

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
name = sys.argv[1]
sizes = {"64": 64, "4k": 4 * KIB, "1m": MIB, "1g": GIB}
rows = {}


class Row:
    """What a row does; `memory` is there between begin and end."""

    size = 1024
    memory = None

    def begin(self):
        self.memory = shared_memory.SharedMemory(name, create=True, size=self.size)

    def end(self):
        self.memory.close()
        self.memory.unlink()


class CreateClose(Row):
    def begin(self):
        pass

    def end(self):
        pass

    def run(self, times):
        for _ in range(times):
            Row.begin(self)
            Row.end(self)


class OpenClose(Row):
    def run(self, times):
        for _ in range(times):
            memory = shared_memory.SharedMemory(name)
            # Closing would unlink a map that this call only opened.
            resource_tracker.unregister(memory._name, "shared_memory")
            memory.close()
        # Registers it again, as end() expects.
        resource_tracker.register(self.memory._name, "shared_memory")


class Bytes(Row):
    def __init__(self, block):
        self.block = block
        self.size = max(16 * block if block < MIB else block, 64 * KIB)

    def begin(self):
        super().begin()
        self.bytes = b"x" * self.block
        for place in range(0, self.size, self.block):
            self.memory.buf[place : place + self.block] = self.bytes

    def end(self):
        self.bytes = None
        super().end()


class Read(Bytes):
    def run(self, times):
        for turn in range(times):
            place = (turn & 15) * self.block % self.size
            bytes(self.memory.buf[place : place + self.block])


class Write(Bytes):
    def run(self, times):
        for turn in range(times):
            place = (turn & 15) * self.block % self.size
            self.memory.buf[place : place + self.block] = self.bytes


rows["create_close"], rows["open_close"] = CreateClose(), OpenClose()
for size, block in sizes.items():
    rows["read_" + size], rows["write_" + size] = Read(block), Write(block)

print(*rows, flush=True)
current = None
for line in sys.stdin:
    match line.split():
        case ["begin", row]:
            current = rows[row]
            current.begin()
            print("ok", flush=True)
        case ["run", times]:
            begun = time.perf_counter_ns()
            current.run(int(times))
            print(time.perf_counter_ns() - begun, flush=True)
        case ["end"]:
            current.end()
            print("ok", flush=True)
