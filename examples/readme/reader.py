from multiprocessing import resource_tracker, shared_memory

map = shared_memory.SharedMemory(name="Test")  # from Python 3.13 on, pass track=False and omit the next line
resource_tracker.unregister(map._name, "shared_memory")
print(bytes(map.buf).rstrip(b"\0").decode())
map.close()
