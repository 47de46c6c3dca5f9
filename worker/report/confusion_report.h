#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "worker/data/class_table.h"

namespace dplaunch {

// Three forms of the same counts, which hold at true * 100 + predicted the number of images.

/// For people: a few rows of the table of results.
std::string describe_confusion(const std::vector<std::int64_t>& counts, const ClassTable& classes);

/// For programs: the object "confusion".
nlohmann::ordered_json confusion_json(const std::vector<std::int64_t>& counts,
                                      const ClassTable& classes);

/// The counts themselves as CSV (RFC 4180): a row for each true, a column for each predicted class.
/// Throws Error(kStorage).
void write_confusion_csv(const std::filesystem::path& path, const std::vector<std::int64_t>& counts,
                         const ClassTable& classes);

}  // namespace dplaunch
