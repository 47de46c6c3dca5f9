// The values of --set, one a line.

#include "common/config/load_config.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ResolvedConfig resolved;
  const bool is_accepted = fuzz::accepts(ExitCode::kUsage, [&] {
    std::vector<Override> overrides;
    fuzz::for_each_line(fuzz::text_of(data, size), [&](std::string_view line) {
      overrides.push_back(parse_override(std::string(line)));
    });
    resolved = load_config({}, overrides);
  });
  if (!is_accepted) return 0;
  const std::string written = to_yaml(resolved.config);
  fuzz::expect(parse_config(written, "written", {}).config == resolved.config,
               "this is the same configuration:\n" + written);
  return 0;
}
