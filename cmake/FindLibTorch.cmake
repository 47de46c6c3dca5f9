# Finds LibTorch as the PyPI wheel or the LibTorch archive ships it, and defines
#   LibTorch::cpu   headers, libtorch_cpu, libc10
#   LibTorch::cuda  the same plus libtorch_cuda, libc10_cuda and NCCL's headers, where they exist
#   LibTorch_PYTHON the interpreter of the virtual environment that holds it; empty if there is none
# find_package(Torch) of the wheel is not used: it enables the CUDA language and fails without a
# CUDA toolkit, which neither worker needs.
#
# The first of these that has it is taken:
#   1. -DLIBTORCH or $LIBTORCH: a torch folder, or a virtual environment
#   2. CMAKE_PREFIX_PATH
#   3. what scripts/setup.sh installed: the whole set (cuda), which also serves the CPU worker and
#      alone has the Python that the tests need; then the CPU set
set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "LibTorch folder, or a virtual environment that holds torch")
# c10d::Reducer's constructor changes between releases and is no public interface of LibTorch.
set(_release 2.11)
set(_deps "$ENV{DPLAUNCH_DEPS}")
if(NOT _deps)
  set(_deps "$ENV{XDG_CACHE_HOME}")
  if(NOT _deps)
    set(_deps "$ENV{HOME}/.cache")
  endif()
  string(APPEND _deps "/dplaunch")
endif()
set(_named "")
if(LIBTORCH)
  file(GLOB _named ${LIBTORCH} ${LIBTORCH}/lib/python3*/site-packages/torch)
endif()
# One call each: file(GLOB) sorts what all of its patterns match.
file(GLOB _cuda_sets ${_deps}/libtorch-${_release}.*-cuda/lib/python3*/site-packages/torch)
file(GLOB _cpu_sets ${_deps}/libtorch-${_release}.*-cpu/lib/python3*/site-packages/torch)
set(_header torch/csrc/distributed/c10d/reducer.hpp)
find_path(LibTorch_INCLUDE_DIR ${_header} PATHS ${_named} PATH_SUFFIXES include
          NO_DEFAULT_PATH NO_CACHE)
if(NOT LIBTORCH)  # one that is named and is none is an error, not a reason to take another
  find_path(LibTorch_INCLUDE_DIR ${_header} HINTS ${_cuda_sets} ${_cpu_sets}
            PATH_SUFFIXES include NO_CACHE)
endif()
# The libraries beside the headers, never those of another set.
set(_beside_headers HINTS ${LibTorch_INCLUDE_DIR}/../lib NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH NO_CACHE)
find_library(LibTorch_CPU_LIBRARY torch_cpu ${_beside_headers})
find_library(LibTorch_C10_LIBRARY c10 ${_beside_headers})
find_path(GLOO_INCLUDE_DIR gloo/rendezvous/store.h)

set(LibTorch_VERSION "")
if(LibTorch_INCLUDE_DIR AND EXISTS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h)
  foreach(_part MAJOR MINOR PATCH)
    file(STRINGS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h _line
         REGEX "^#define TORCH_VERSION_${_part} ")
    string(REGEX MATCH "[0-9]+" _number "${_line}")
    list(APPEND LibTorch_VERSION ${_number})
  endforeach()
  list(JOIN LibTorch_VERSION "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR GLOO_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup.sh, or name one with -DLIBTORCH=FOLDER")

if(NOT LibTorch_VERSION MATCHES "^${_release}\\.")
  message(FATAL_ERROR "LibTorch ${LibTorch_VERSION} in ${LibTorch_INCLUDE_DIR}: dplaunch is written "
                      "for ${_release}, because c10d::Reducer's constructor differs between releases. "
                      "Run scripts/setup.sh, or name a ${_release} with -DLIBTORCH=FOLDER.")
endif()

get_filename_component(_lib ${LibTorch_CPU_LIBRARY} DIRECTORY)
get_filename_component(_site ${_lib}/../.. ABSOLUTE)
file(GLOB _nvidia_libs ${_site}/nvidia/*/lib)
get_filename_component(LibTorch_PYTHON ${_site}/../../../bin/python ABSOLUTE)
if(NOT EXISTS ${LibTorch_PYTHON})
  set(LibTorch_PYTHON "")
endif()

add_library(LibTorch::cpu INTERFACE IMPORTED)
target_include_directories(
  LibTorch::cpu INTERFACE ${LibTorch_INCLUDE_DIR}
                          ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include)
target_link_libraries(LibTorch::cpu INTERFACE ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY})
# The wheel's own rpath reaches the nvidia folders at run time, the linker needs to be told.
foreach(_dir IN LISTS _nvidia_libs)
  target_link_options(LibTorch::cpu INTERFACE -Wl,-rpath-link,${_dir})
endforeach()

find_library(LibTorch_CUDA_LIBRARY torch_cuda HINTS ${_lib} NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda HINTS ${_lib} NO_DEFAULT_PATH NO_CACHE)
find_path(LibTorch_CUDA_INCLUDE_DIR cuda_runtime_api.h HINTS ${_site}/nvidia/cu13/include NO_CACHE)
file(GLOB LibTorch_CUDART_LIBRARY ${_site}/nvidia/cu13/lib/libcudart.so.*)
find_path(LibTorch_NCCL_INCLUDE_DIR nccl.h HINTS ${_site}/nvidia/nccl/include NO_CACHE)
if(LibTorch_CUDA_LIBRARY AND LibTorch_CUDART_LIBRARY AND LibTorch_CUDA_INCLUDE_DIR AND LibTorch_NCCL_INCLUDE_DIR)
  add_library(LibTorch::cuda INTERFACE IMPORTED)
  target_link_libraries(LibTorch::cuda INTERFACE LibTorch::cpu ${LibTorch_CUDART_LIBRARY})
  target_include_directories(LibTorch::cuda INTERFACE ${LibTorch_CUDA_INCLUDE_DIR}
                                                      ${LibTorch_NCCL_INCLUDE_DIR})
  # Nothing refers to libtorch_cuda by symbol: it registers its kernels when it is loaded.
  target_link_options(
    LibTorch::cuda INTERFACE
    "LINKER:--push-state,--no-as-needed,${LibTorch_CUDA_LIBRARY},${LibTorch_C10_CUDA_LIBRARY},--pop-state")
endif()
