#include "launcher/communication/link_expectation.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text/parse_number.h"

namespace dplaunch {
namespace {

// Below these something is in the way. Two PCIe 4.0 x16 cards reach some 20 GB/s with peer-to-peer
// and 10 without; one NVLink of the third generation is 25 GB/s in each direction.
constexpr double kLeastOverPcie = 5e9;
constexpr double kLeastOverNvlink = 30e9;

struct Unit {
  const char* name;
  double bytes_per_second;
};
constexpr std::array kUnits = {
    Unit{"kbit", 125},     Unit{"Mbit", 125e3},   Unit{"Gbit", 125e6}, Unit{"Tbit", 125e9},
    Unit{"kb", 125},       Unit{"Mb", 125e3},     Unit{"Gb", 125e6},   Unit{"Tb", 125e9},
    Unit{"kbps", 125},     Unit{"Mbps", 125e3},   Unit{"Gbps", 125e6}, Unit{"Tbps", 125e9},
    Unit{"Mbit/s", 125e3}, Unit{"Gbit/s", 125e6}, Unit{"kB", 1e3},     Unit{"MB", 1e6},
    Unit{"GB", 1e9},       Unit{"TB", 1e12},      Unit{"MB/s", 1e6},   Unit{"GB/s", 1e9}};

/// 0 for what is no rate.
double bytes_per_second_of(const std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = parse_number<double>(text.substr(0, digits));
  const std::string unit = text.substr(digits);
  const auto* const found = std::find_if(kUnits.begin(), kUnits.end(),
                                         [&](const Unit& each) { return unit == each.name; });
  return number && found != kUnits.end() ? *number * found->bytes_per_second : 0;
}

}  // namespace

const char* name_of(LinkKind kind) {
  switch (kind) {
    case LinkKind::kNamed:
      return "named";
    case LinkKind::kAtLeast:
      return "at least";
    case LinkKind::kFloor:
      return "floor";
    case LinkKind::kUnknown:
      break;
  }
  return "unknown";
}

double slow_factor(LinkKind kind) {
  switch (kind) {
    case LinkKind::kNamed:
      return 2;  // protocols and the sums cost something, and other programs, too
    case LinkKind::kFloor:
      return 10;  // Gloo over loopback takes 2 to 4 times as long, on a busy machine more
    case LinkKind::kAtLeast:
    case LinkKind::kUnknown:
      break;
  }
  return 1;
}

LinkExpectation named_link(const std::string& text) {
  const double rate = bytes_per_second_of(text);
  if (rate <= 0) {
    throw Error(ExitCode::kUsage, fmt::format("--link \"{}\": not a rate", text),
                "a number and a unit: 100Mbit, 25Gb or 10Gbps in bits of a second, 1.5GB in bytes");
  }
  return {LinkKind::kNamed, rate, fmt::format("--link {}", text)};
}

LinkExpectation link_of_gpus(const std::vector<GpuLink>& links, const DeviceSelection& selection) {
  std::set<int> chosen;
  for (const Gpu& gpu : selection.gpus) chosen.insert(gpu.index);
  std::size_t pairs_over_nvlink = 0;
  std::set<std::string> paths;
  for (const GpuLink& link : links) {
    if (!chosen.contains(link.first) || !chosen.contains(link.second)) continue;
    pairs_over_nvlink += link.nvlinks > 0 ? 1 : 0;
    if (link.nvlinks == 0) paths.insert(link.name());
  }
  const std::size_t pairs = chosen.size() * (chosen.size() - 1) / 2;
  if (pairs > 0 && pairs_over_nvlink == pairs) {
    return {LinkKind::kAtLeast, kLeastOverNvlink,
            "NVLink between each two GPUs; the rate is a rule of thumb, not measured"};
  }
  std::string names;
  for (const std::string& path : paths) names += (names.empty() ? "" : ", ") + path;
  return {LinkKind::kAtLeast, kLeastOverPcie,
          fmt::format("PCIe ({}); the rate is a rule of thumb, not measured",
                      names.empty() ? "the driver says no more" : names)};
}

}  // namespace dplaunch
