// The header and nothing else: it brings what it needs.
#include <mmf.hpp>
