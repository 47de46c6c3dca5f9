#pragma once

#include <string>

namespace dplaunch {

/// `--bind`: what a rank is bound to before its program starts.
enum class Bind {
  kNone,  ///< to nothing
  kCore,  ///< to whole physical cores that it shares with no other rank of the job
  kNuma,  ///< to all usable cores of the NUMA nodes near its GPU
};

/// kNuma: it spares a rank the way to another node's memory, and binds nothing on a machine of one
/// node. The cores of a node stay common to all, so two jobs on one host are never pressed onto the
/// same few cores while others idle; kCore, which cannot know of the other job, would do that.
inline constexpr Bind kDefaultBind = Bind::kNuma;

/// Throws Error(kUsage) for anything but "none", "core" and "numa".
Bind parse_bind(const std::string& text);

}  // namespace dplaunch
