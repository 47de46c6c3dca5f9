# What every target of the project is compiled with. Link this, do not set global flags.
add_library(dplaunch_settings INTERFACE)
target_include_directories(dplaunch_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(dplaunch_settings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
# g++ 12 warns falsely of "text" + std::string (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651).
target_compile_options(dplaunch_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(DPLAUNCH_WARNINGS_AS_ERRORS)
  target_compile_options(dplaunch_settings INTERFACE -Werror)
endif()
target_compile_definitions(dplaunch_settings INTERFACE DPLAUNCH_VERSION="${PROJECT_VERSION}")
if(DPLAUNCH_SANITIZE)
  target_compile_options(dplaunch_settings INTERFACE -fsanitize=${DPLAUNCH_SANITIZE}
                                                     -fno-omit-frame-pointer)
  target_link_options(dplaunch_settings INTERFACE -fsanitize=${DPLAUNCH_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ warns falsely of instrumented std::optional (its manual, at -fsanitize, expects as much).
    target_compile_options(dplaunch_settings INTERFACE -Wno-maybe-uninitialized)
    # Asio's fences are for handlers on several threads; here one thread runs them all.
    if(DPLAUNCH_SANITIZE STREQUAL "thread")
      target_compile_options(dplaunch_settings INTERFACE -Wno-tsan)
    endif()
  endif()
endif()
