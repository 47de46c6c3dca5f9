#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "common/record_keys.h"

namespace dplaunch {

/// Throws Error(kStorage) for a record that a newer dplaunch wrote: its keys may mean other things.
inline void refuse_newer(const Json& record, const std::filesystem::path& file) {
  const auto version = integer_in(record, kFormatVersion);
  if (version <= kRecordFormat) return;
  throw Error(ExitCode::kStorage,
              file.string() + ": is of format " + std::to_string(version) +
                  ", and this dplaunch reads formats up to " + std::to_string(kRecordFormat),
              "use the dplaunch that wrote it, or a newer one");
}

}  // namespace dplaunch
