// Headers of safetensors files. The input's first line is the number of bytes behind the header.

#include "common/safetensors_header.h"

#include <algorithm>

#include "base/text/parse_number.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;
using fuzz::expect;

bool is_same(const SafetensorsHeader::Entry& a, const SafetensorsHeader::Entry& b) {
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && a.begin == b.begin &&
         a.end == b.end;
}

/// Each tensor begins where the one before it ends.
void check_cover(const SafetensorsHeader& header, std::size_t data_bytes) {
  std::size_t end = 0;
  for (const auto& entry : header.entries) {
    expect(entry.begin == end && entry.begin <= entry.end, "the tensors cover the data: begin");
    end = entry.end;
  }
  expect(end == data_bytes, "the tensors cover the data: end");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input = fuzz::text_of(data, size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::size_t data_bytes = parse_number<std::size_t>(input.substr(0, line_end)).value_or(0);
  const std::string json = input.substr(std::min(line_end + 1, input.size()));
  SafetensorsHeader header;
  const bool is_accepted = fuzz::accepts(
      ExitCode::kStorage, [&] { header = parse_safetensors_header(json, data_bytes, "file"); });
  if (!is_accepted) return 0;
  check_cover(header, data_bytes);
  const std::string written = format_safetensors_header(header, "file");
  expect(written.size() % 8 == 0, "a header is padded to 8 bytes");
  const SafetensorsHeader again = parse_safetensors_header(written, data_bytes, "written");
  expect(again.metadata == header.metadata &&
             std::ranges::equal(again.entries, header.entries, is_same),
         "this is the same header: " + written);
  return 0;
}
