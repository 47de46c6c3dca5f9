# Fails for an #include that its folder must not have: "What each folder may know" in
# docs/architecture.md.
#   cmake -DSOURCE=FOLDER -P check_includes.cmake
cmake_minimum_required(VERSION 3.25)

set(torch "ATen/|c10/|caffe2/|torch/")
set(boost "boost/")
set(failures "")

# `files` is a regular expression for paths, `forbidden` one for what stands behind `#include <` or ".
function(forbid files forbidden)
  set(matched ${sources})
  list(FILTER matched INCLUDE REGEX "^${files}")
  if(NOT matched)
    message(FATAL_ERROR "no file matches ${files}: the rule tests nothing")
  endif()
  foreach(file IN LISTS matched)
    file(STRINGS ${SOURCE}/${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](${forbidden})")
    foreach(line IN LISTS lines)
      string(APPEND failures "  ${file}: ${line}\n")
    endforeach()
  endforeach()
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE sources RELATIVE ${SOURCE}
     ${SOURCE}/common/*.h ${SOURCE}/common/*.cpp
     ${SOURCE}/launcher/*.h ${SOURCE}/launcher/*.cpp
     ${SOURCE}/worker/*.h ${SOURCE}/worker/*.cpp)

forbid("common/" "launcher/|worker/|${torch}|${boost}")
forbid("common/.*\\.h" "yaml-cpp/|nlohmann/")
forbid("launcher/" "worker/|${torch}|cuda|nccl")
forbid("launcher/devices/" "launcher/(plan|process|report|data|job|command_line)/|common/config/")
forbid("launcher/doctor/" "launcher/(report|data|job|command_line)/|${boost}")
forbid("launcher/show_devices/" "launcher/(process|report|data|job|command_line)/|${boost}")
forbid("launcher/(plan|process|report|data|affinity|view)/" "launcher/(job|command_line)/")
forbid("launcher/view/" "launcher/(process|report|data)/|${boost}")
forbid("launcher/checkpoint/" "launcher/(devices|plan|process|report|data|job|command_line)/|${boost}")
forbid("launcher/command_line/" "launcher/(job|process|report)/|${boost}")
forbid("launcher/affinity/" "launcher/(data|devices|plan|process|report)/|common/config/|${boost}")
forbid("common/|launcher/([a-z_]+\\.|(checkpoint|data|devices|plan|process|report|view|job|command_line|show_devices)/)|worker/" "hwloc")
forbid("launcher/(plan|data)/" "launcher/(process|report)/|${boost}")
forbid("launcher/data/" "launcher/(devices|plan)/")
forbid("launcher/(process|report)/" "common/config/")
forbid("worker/" "launcher/|${boost}|nvml")
forbid("worker/data/" "${torch}")
forbid("worker/device/" "worker/(train|data|model|report|checkpoint|distributed)/")
forbid("worker/distributed/" "worker/(train|data|checkpoint)/")
forbid("worker/train/" "torch/csrc/distributed/")
forbid("worker/trace/" "worker/(train|data|model|checkpoint)/")
forbid("worker/(data|checkpoint|distributed|model|report|trace|train)/|worker/[^/]*\\.(h|cpp)$"
       "c10/cuda/|ATen/cuda/|cuda|nccl|gloo|torch/csrc/distributed/c10d/ProcessGroup(Gloo|NCCL)")

if(failures)
  message(FATAL_ERROR "an #include that docs/architecture.md does not allow:\n${failures}")
endif()
