// The functions that begin with try_ work without exceptions.

#include <mmf.hpp>

#include <cstdio>

int main(int count, char **arguments) {
    if (count != 2) {
        return 1;
    }
    auto map = mmf::map::try_create_new(arguments[1], 1024);
    if (!map || !map->try_replace_text("quiet")) {
        return 2;
    }
    if (mmf::map::try_create_new(arguments[1], 1024).status() != MMF_STATUS_ALREADY_EXISTS) {
        return 3;
    }
    auto text = map->try_take_text();
    if (!text) {
        return 4;
    }
    std::printf("%s\n", text->c_str());
    return 0;
}
