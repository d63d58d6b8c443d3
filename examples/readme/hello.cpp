#include <iostream>
#include <mmf.hpp>

int main()
try {
    auto map = mmf::map::create_or_open("Test", 1024);
    map.append_text("Hello from C++");
    std::cout << map.read_text() << '\n';
} catch (const mmf::error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
