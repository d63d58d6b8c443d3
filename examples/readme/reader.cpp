#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <iostream>

int main()
{
    using namespace boost::interprocess;
    shared_memory_object object(open_only, "Test", read_only);
    mapped_region region(object, read_only);
    std::cout << static_cast<const char *>(region.get_address()) << '\n';
}
