#include "common/engine_variables.h"

#include <fmt/core.h>

#include <utility>

#include "base/error.h"
#include "base/text/parse_number.h"

namespace dplaunch {

std::optional<Told<std::string>> EngineVariables::text(const std::string& name) const {
  if (name.empty()) return std::nullopt;
  std::optional<std::string> value = lookup_(name);
  if (!value || value->empty()) return std::nullopt;
  return Told<std::string>{std::move(*value), name};
}

std::optional<Told<int>> EngineVariables::number(const std::string& name) const {
  const auto found = text(name);
  if (!found) return std::nullopt;
  const auto value = parse_number<int>(found->value);
  if (value && *value >= 0) return Told<int>{*value, name};
  throw Error(ExitCode::kUsage,
              fmt::format("environment: {}=\"{}\" is not a number", name, found->value),
              "unset it, or say with --nnodes, --node-rank and --master-addr what it means");
}

}  // namespace dplaunch
