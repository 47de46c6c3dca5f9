# With DPLAUNCH_UNITY_BUILD the sources of a folder are compiled as one text: most of the time goes into headers.
option(DPLAUNCH_UNITY_BUILD "Compile the sources of each folder together: a third of the time from nothing, more after a change" OFF)

# dplaunch_unite_folders(TARGET [WHOLE]): after all of its sources are known. Those of a folder of its list
# file's, with all folders in it, are one text; with WHOLE all sources are. Two of a text cannot have different
# things of one name in their unnamed namespaces.
function(dplaunch_unite_folders target)
  if(NOT DPLAUNCH_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    string(REGEX REPLACE "/.*" "" folder "${folder}")
    if("WHOLE" IN_LIST ARGN)
      set(folder "")
    endif()
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "folder_${folder}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # Of a class with a member of such a namespace: only in a header would that be two classes.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()
