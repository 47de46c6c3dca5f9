# Fails if the launcher, or a library that it needs, is LibTorch or CUDA.
#   cmake -DPROGRAM=FILE -P check_launcher_links.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ldd ${PROGRAM} OUTPUT_VARIABLE libraries COMMAND_ERROR_IS_FATAL ANY)
if(NOT libraries MATCHES "libc\\.so")
  message(FATAL_ERROR "ldd ${PROGRAM} does not list even libc:\n${libraries}")
endif()
if(libraries MATCHES "[ \t]lib(torch|c10|cuda|cudart|nccl|nvidia-ml|gloo)[^\n]*|[^\n]*not found")
  message(FATAL_ERROR "${PROGRAM} must not need this: ${CMAKE_MATCH_0}")
endif()
