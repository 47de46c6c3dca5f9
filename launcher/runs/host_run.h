#pragma once

#include <string>

namespace dplaunch {

/// The name or path of a run's folder on host `host` of those that an engine started: all of them
/// have the same words in their command line, and perhaps the same file system, where each needs
/// a folder of its own. Host 0's is the one that was named, the others' are beside it: "a" ->
/// "a-host-1".
inline std::string run_on_host(std::string run, int host) {
  if (host == 0 || run.empty()) return run;
  while (run.size() > 1 && run.ends_with('/')) run.pop_back();
  return run + "-host-" + std::to_string(host);
}

}  // namespace dplaunch
