#pragma once

#include <string>
#include <vector>

#include "base/exit_code.h"

namespace dplaunch {

/// "key: value" of a line of YAML.
struct YamlPair {
  std::string key;
  std::string value;
  std::string where;  ///< "configs/a.yml:3"
};

/// No file of ours is longer.
inline constexpr std::size_t kMaxYamlBytes = 1 << 20;

/// The pairs of a text that is one YAML document of "key: value" lines, in their order; none of an
/// empty one. No tree is built, and what is nested is refused where it begins: time and memory
/// follow from the length of the text. Throws Error(code) that names `name`:line for a text that is
/// not UTF-8, no YAML, a second document, lists and maps, blanks, and a key that is given twice.
std::vector<YamlPair> parse_yaml_pairs(const std::string& text, const std::string& name,
                                       ExitCode code);

}  // namespace dplaunch
