#include <mmf.hpp>

mmf::map other_file();

mmf::map other_file() { return mmf::map::create_anonymous(64); }
