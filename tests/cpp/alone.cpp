// Includes only the header, which must include everything that it needs.
#include <mmf.hpp>
