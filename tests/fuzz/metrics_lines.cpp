// metrics.jsonl, as `status` reads it.

#include <vector>

#include "launcher/commands/status/metrics_csv.h"
#include "launcher/runs/metrics_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;

/// The number of fields of each line of RFC 4180, where lines end with a line feed.
std::vector<std::size_t> count_fields(const std::string& csv) {
  std::vector<std::size_t> counts;
  std::size_t fields = 1;
  bool is_quoted = false;
  for (const char c : csv) {
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted || (c != ',' && c != '\n')) continue;
    ++fields;
    if (c == ',') continue;
    counts.push_back(fields - 1);
    fields = 1;
  }
  fuzz::expect(!is_quoted && csv.ends_with('\n'), "the CSV is whole");
  return counts;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path file = fuzz::scratch_folder() / "metrics.jsonl";
  fuzz::write(file, fuzz::text_of(data, size));
  mean_epoch_seconds(file, 5);
  const std::string last = last_metrics_line(file);
  fuzz::accepts(ExitCode::kFailure, [&] {
    const auto counts = count_fields(metrics_csv(file));
    for (const std::size_t fields : counts) {
      fuzz::expect(fields == counts.front(), "each line has the header's number of fields");
    }
    fuzz::expect(size > 30000 || !last.empty(), "where there is an epoch, there is a last one");
  });
  return 0;
}
