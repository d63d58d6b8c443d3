// A program that uses an installed SDK: writes text into a map and reads it through another handle.
#include <mmf.hpp>

#include <iostream>

int main(int argc, char **argv)
try {
    const char *name = argc > 1 ? argv[1] : "mmf-consumer";
    auto writer = mmf::map::create_new(name, 4096);
    writer.replace_text("Hello");
    auto reader = mmf::map::open(name);
    if (reader.read_text() != "Hello")
        return 3;
    std::cout << reader.read_text() << " from C++, mmf " << MMF_VERSION << '\n';
    return 0;
} catch (const mmf::error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
