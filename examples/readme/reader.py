from multiprocessing import resource_tracker, shared_memory

map = shared_memory.SharedMemory(name="Test")  # from 3.13 on: track=False, and not the next line
resource_tracker.unregister(map._name, "shared_memory")
print(bytes(map.buf).rstrip(b"\0").decode())
map.close()
