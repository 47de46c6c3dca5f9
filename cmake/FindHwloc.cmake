# Finds hwloc and defines Hwloc::hwloc. 2.8 or newer, for the flags that keep its discovery short.
find_path(Hwloc_INCLUDE_DIR hwloc.h)
find_library(Hwloc_LIBRARY hwloc)
find_file(Hwloc_CONFIG_HEADER hwloc/autogen/config.h HINTS ${Hwloc_INCLUDE_DIR})
mark_as_advanced(Hwloc_INCLUDE_DIR Hwloc_LIBRARY Hwloc_CONFIG_HEADER)

set(Hwloc_VERSION "")
if(Hwloc_CONFIG_HEADER)
  file(STRINGS ${Hwloc_CONFIG_HEADER} _line REGEX "^#define HWLOC_VERSION ")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" Hwloc_VERSION "${_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Hwloc
  REQUIRED_VARS Hwloc_LIBRARY Hwloc_INCLUDE_DIR
  VERSION_VAR Hwloc_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup.sh, or install libhwloc-dev")

add_library(Hwloc::hwloc UNKNOWN IMPORTED)
set_target_properties(Hwloc::hwloc PROPERTIES IMPORTED_LOCATION ${Hwloc_LIBRARY}
                                              INTERFACE_INCLUDE_DIRECTORIES ${Hwloc_INCLUDE_DIR})
