#pragma once

#include <optional>
#include <string>

#include "common/rank_environment.h"

namespace dplaunch {

/// A value, and whom it is from, as a user reads it: "SLURM_PROCID", "the first of
/// SLURM_STEP_NODELIST".
template <typename Value>
struct Told {
  Value value{};
  std::string by;
};

/// The variables by which an engine speaks to what it starts. One that is set, but empty, says
/// nothing.
class EngineVariables {
 public:
  /// `lookup` must outlive this.
  explicit EngineVariables(const VariableLookup& lookup) : lookup_(lookup) {}

  std::optional<Told<std::string>> text(const std::string& name) const;
  bool has(const std::string& name) const { return text(name).has_value(); }
  /// From 0. Throws Error(kUsage) for what is no such number.
  std::optional<Told<int>> number(const std::string& name) const;

 private:
  const VariableLookup& lookup_;
};

}  // namespace dplaunch
