// Configuration files: what is accepted is read back from to_yaml() as the same configuration.

#include <sstream>

#include "common/config/load_config.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string yaml = fuzz::text_of(data, size);
  ResolvedConfig resolved;
  if (!fuzz::accepts(ExitCode::kUsage, [&] { resolved = parse_config(yaml, "file.yml", {}); })) {
    return 0;
  }
  const std::string written = to_yaml(resolved.config);
  fuzz::expect(parse_config(written, "written", {}).config == resolved.config,
               "this is the same configuration:\n" + written);
  std::ostringstream table;
  show_config(table, resolved);
  return 0;
}
