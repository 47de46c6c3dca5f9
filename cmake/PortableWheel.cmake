# A toolchain file: zig's clang links against glibc 2.28, with all else linked in. scripts/package_wheel.sh
# sets DPLAUNCH_WHEEL_TOOLS (zig-cc, zig-c++, ...) and DPLAUNCH_WHEEL_DEPS (a prefix with the libraries).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
foreach(_name DPLAUNCH_WHEEL_TOOLS DPLAUNCH_WHEEL_DEPS)
  list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ${_name})
endforeach()
set(CMAKE_C_COMPILER ${DPLAUNCH_WHEEL_TOOLS}/zig-cc)
set(CMAKE_CXX_COMPILER ${DPLAUNCH_WHEEL_TOOLS}/zig-c++)
set(CMAKE_AR ${DPLAUNCH_WHEEL_TOOLS}/zig-ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${DPLAUNCH_WHEEL_TOOLS}/zig-ranlib CACHE FILEPATH "")
# Headers and libraries of this system are those of another glibc.
set(CMAKE_FIND_ROOT_PATH ${DPLAUNCH_WHEEL_DEPS})
foreach(_kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${_kind} ONLY)
endforeach()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(Boost_NO_BOOST_CMAKE ON)
set(Boost_USE_STATIC_LIBS ON)
