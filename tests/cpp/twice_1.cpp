// The header in two files of one program.
#include <mmf.hpp>
#include <mmf.hpp>

mmf::map other_file();

int main() { return other_file().capacity() >= 64 ? 0 : 1; }
