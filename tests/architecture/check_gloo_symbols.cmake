# Fails if the worker defines a class of Gloo's itself: Debian's libgloo would be beside the one
# inside libtorch_cpu. The headers are Debian's, so an inline class could slip in.
#   cmake -DPROGRAM=FILE -DNM=FILE -P check_gloo_symbols.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} -C ${PROGRAM} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES "vtable for dplaunch::")
  message(FATAL_ERROR "nm shows no vtable of dplaunch's in ${PROGRAM}: stripped?")
endif()
# An address stands before what is defined here; before what is only used (U) there is none.
if(symbols MATCHES "[0-9a-f]+ [A-TV-Za-z] vtable for gloo::[^\n]*")
  message(FATAL_ERROR "${PROGRAM} defines this itself: ${CMAKE_MATCH_0}")
endif()
