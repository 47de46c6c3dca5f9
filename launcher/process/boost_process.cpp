// The one place where Boost.Process v2's own code is compiled.
#include <boost/process/v2/src.hpp>
