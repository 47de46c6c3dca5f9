#include "launcher/runs/checkpoint_config.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "common/checkpoint_format.h"
#include "common/config/config_keys.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

void check_same_shape(const fs::path& file, const Config& trained, const ResolvedConfig& wanted) {
  for (const ConfigKey& key : config_keys()) {
    if (!key.shapes_model()) continue;
    const std::string before = config_value(trained, key);
    const std::string now = config_value(wanted.config, key);
    if (before == now) continue;
    throw Error(ExitCode::kStorage,
                fmt::format("{0}: a checkpoint of {1} {2}, but {1} is {3} now ({4})", file.string(),
                            key.name, before, now, wanted.origin.at(std::string(key.name))),
                fmt::format("leave {} out: the checkpoint has its own", key.name));
  }
}

}  // namespace

SafetensorsMetadata checkpoint_metadata(const fs::path& file) {
  try {
    SafetensorsMetadata metadata = read_safetensors_metadata(file);
    const auto version = metadata.find(kFormatVersion);
    if (version != metadata.end()) {
      refuse_newer(parse_number<std::int64_t>(version->second).value_or(0), file);
    }
    return metadata;
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), error.hint().empty() ? kDamagedHint : error.hint());
  }
}

std::string metadata_value(const SafetensorsMetadata& metadata, const std::string& key,
                           const fs::path& file) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  throw Error(ExitCode::kStorage,
              fmt::format("{}: not a checkpoint of dplaunch: no \"{}\" in its metadata",
                          file.string(), key),
              "name one from the checkpoints folder of a run");
}

ResolvedConfig checkpoint_config(const fs::path& file, const std::vector<Override>& overrides) {
  const SafetensorsMetadata metadata = checkpoint_metadata(file);
  const std::string yaml = metadata_value(metadata, checkpoint_key::kConfig, file);
  const std::string name = file.string() + ": config";
  ResolvedConfig resolved = parse_config(yaml, name, overrides);
  // The tensors of another model would not fit: refused here, before a worker is started.
  check_same_shape(file, parse_config(yaml, name, {}).config, resolved);
  return resolved;
}

}  // namespace dplaunch
