#include "common/record_keys.h"

#include <fmt/core.h>

#include "base/error.h"

namespace dplaunch {

void refuse_newer(std::int64_t version, const std::filesystem::path& file) {
  if (version <= kRecordFormat) return;
  throw Error(ExitCode::kStorage,
              fmt::format("{}: is of format {}, and this dplaunch reads formats up to {}",
                          file.string(), version, kRecordFormat),
              "use the dplaunch that wrote it, or a newer one");
}

}  // namespace dplaunch
