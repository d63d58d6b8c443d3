// `cargo xtask compare`: Boost.Interprocess. Prints what compare.c prints.
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <string>

#include "measure.h"

static char *bytes;

static void nothing() {}
static void write_text(const char *text, std::size_t size) {
    // As much as the bytes need to be content: the text, and a NUL behind it.
    std::memcpy(bytes, text, size);
    bytes[size] = 0;
}
static void write_short() { write_text(short_text, SHORT); }
static void write_long() { write_text(long_text, LONG); }
static void append() {
    char *end = bytes + strnlen(bytes, CAPACITY);
    std::memcpy(end, "\r\n", 2);
    std::memcpy(end + 2, short_text, SHORT);
    end[2 + SHORT] = 0;
}
static void read_text() {
    std::string text(bytes, strnlen(bytes, CAPACITY));
    must(text.size() == SHORT || text.size() == LONG, "Boost: what is read");
}

int main(int argc, char **argv) {
    namespace ipc = boost::interprocess;
    must(argc == 2, "boost NAME");
    make_texts();
    ipc::shared_memory_object::remove(argv[1]);
    ipc::shared_memory_object object(ipc::create_only, argv[1], ipc::read_write);
    object.truncate(CAPACITY);
    ipc::mapped_region region(object, ipc::read_write);
    bytes = static_cast<char *>(region.get_address());
    std::printf("Boost, C++|%g|", measured(nothing, write_short));
    std::printf("%g|", measured(write_short, read_text));
    std::printf("%g|", measured(write_long, append));
    std::printf("%g\n", measured(write_long, read_text));
    ipc::shared_memory_object::remove(argv[1]);
}
