// Boost.Interprocess: a mapped shared memory object, and copies in it.
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <memory>

#include "memory.h"
#include "sizes.h"

namespace ipc = boost::interprocess;

static std::unique_ptr<ipc::mapped_region> region;
static char *bytes;

static void create(std::size_t size) {
    ipc::shared_memory_object object(ipc::create_only, own_name, ipc::read_write);
    object.truncate(static_cast<ipc::offset_t>(size));
    region.reset(new ipc::mapped_region(object, ipc::read_write));
    bytes = static_cast<char *>(region->get_address());
}

static void end_object() {
    region.reset();
    ipc::shared_memory_object::remove(own_name);
}

static void nothing() {}

static void create_close(long times) {
    for (long i = 0; i < times; i++) {
        create(1024);
        end_object();
    }
}

static void begin_open() { create(1024); }

static void open_close(long times) {
    for (long i = 0; i < times; i++) {
        ipc::shared_memory_object object(ipc::open_only, own_name, ipc::read_write);
        ipc::mapped_region opened(object, ipc::read_write);
        sink += opened.get_size();
    }
}

static void begin_bytes() {
    create(capacity);
    std::memset(bytes, 'x', capacity);
}

static void end_bytes() {
    end_object();
    free_buffer();
}

static void read_bytes(long times) {
    for (long i = 0; i < times; i++) {
        std::memcpy(buffer, bytes + place(i), block);
        sink += static_cast<unsigned char>(buffer[0]);
    }
}

static void write_bytes(long times) {
    for (long i = 0; i < times; i++) {
        std::memcpy(bytes + place(i), buffer, block);
        sink += static_cast<unsigned char>(bytes[place(i)]);
    }
}

ALL_SIZES(read)
ALL_SIZES(write)

static void begin_memory() {
    create(MEMORY_SIZE);
    memory = reinterpret_cast<volatile uint64_t *>(bytes);
    touch_memory();
}

static char text[101];
static std::size_t end_of_text;

static void begin_text() {
    std::memset(text, 'x', 100);
    create(64 * KIB);
    std::memcpy(bytes, text, 100);
}

static void begin_append() {
    std::memset(text, 'x', 100);
    create(GIB);
    end_of_text = 0;
}

static void replace(long times) {
    for (long i = 0; i < times; i++) {
        std::memcpy(bytes, text, 100);
        bytes[100] = 0;
        sink += static_cast<unsigned char>(bytes[i % 100]);
    }
}

static void read_text(long times) {
    for (long i = 0; i < times; i++) sink += std::string(bytes, strnlen(bytes, 64 * KIB)).size();
}

/* Remembers where the text ends, which works for a single writer. */
static void append(long times) {
    for (long i = 0; i < times; i++) {
        if (end_of_text + 102 > GIB) end_of_text = 0;
        std::memcpy(bytes + end_of_text, text, 100);
        std::memcpy(bytes + end_of_text + 100, "\r\n", 2);
        end_of_text += 102;
    }
}

int main(int argc, char **argv) {
    static const struct row rows[] = {
        {"create_close", nothing, create_close, nothing},
        {"open_close", begin_open, open_close, end_object},
        ROWS(read),
        ROWS(write),
        MEMORY_ROWS(begin_memory, end_object),
        {"text_replace", begin_text, replace, end_object},
        {"text_read", begin_text, read_text, end_object},
        {"text_append", begin_append, append, end_object},
    };
    must(argc == 2, "boost NAME");
    own_name = argv[1];
    return obey(rows, sizeof rows / sizeof *rows);
}
