#include "launcher/commands/status/metrics_csv.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// A last line that is being written does not parse, and is left out.
std::vector<Json> read_epochs(const std::filesystem::path& metrics) {
  std::ifstream file(metrics);
  std::vector<Json> epochs;
  for (std::string line; std::getline(file, line);) {
    Json epoch = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (epoch.is_object()) epochs.push_back(std::move(epoch));
  }
  return epochs;
}

/// Epochs differ: not each one is evaluated, and a resumed run may be another version's.
std::vector<std::string> all_figures(const std::vector<Json>& epochs) {
  std::vector<std::string> names;
  for (const Json& epoch : epochs) {
    for (const auto& [name, value] : epoch.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// Quoted where RFC 4180 wants it, a quote doubled.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string field(const Json& value) {
  if (value.is_null()) return {};
  return field(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

std::string metrics_csv(const std::filesystem::path& metrics) {
  const std::vector<Json> epochs = read_epochs(metrics);
  if (epochs.empty()) {
    throw Error(ExitCode::kFailure, metrics.string() + ": holds no epoch's figures",
                "it gets a line at the end of each epoch");
  }
  const std::vector<std::string> names = all_figures(epochs);
  std::vector<std::string> fields;
  for (const std::string& name : names) fields.push_back(field(name));
  std::string csv = joined(fields, ",") + "\n";
  for (const Json& epoch : epochs) {
    fields.clear();
    for (const std::string& name : names) fields.push_back(field(member_in(epoch, name.c_str())));
    csv += joined(fields, ",") + "\n";
  }
  return csv;
}

}  // namespace dplaunch
