#include "launcher/hosts/rank_network.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/hosts/host_address.h"

namespace dplaunch {
namespace {

/// The first interface that NCCL would take for such a word.
std::string interface_for_nccl(const std::string& word) {
  if (word.starts_with('^')) return {};
  if (word.starts_with('=')) return word.substr(1);
  for (const InterfaceAddress& one : interface_addresses()) {
    if (one.interface.starts_with(word)) return one.interface;
  }
  return word;
}

std::string first_word(const std::string& list) {
  return list.substr(0, list.find(','));
}

Error no_such_interface(const std::string& name) {
  std::vector<std::string> names;
  for (const InterfaceAddress& one : interface_addresses()) {
    if (std::find(names.begin(), names.end(), one.interface) == names.end()) {
      names.push_back(one.interface);
    }
  }
  return Error(ExitCode::kUsage,
               fmt::format("no network interface \"{}\" with an address is here; there are: {}",
                           printable(name), printable(joined(names))),
               "GLOO_SOCKET_IFNAME (on GPUs NCCL_SOCKET_IFNAME) names the one by which the ranks "
               "reach each other; without it, it is the one that reaches host 0");
}

}  // namespace

std::string named_interface(bool uses_gpus, const VariableLookup& lookup) {
  if (const auto nccl = lookup("NCCL_SOCKET_IFNAME"); uses_gpus && nccl && !nccl->empty()) {
    return interface_for_nccl(first_word(*nccl));
  }
  return first_word(lookup("GLOO_SOCKET_IFNAME").value_or(""));
}

RankNetwork rank_network(const std::string& named, const std::string& own) {
  const std::string interface = named.empty() ? interface_of(own) : named;
  for (const InterfaceAddress& one : interface_addresses()) {
    if (one.interface == interface) return {interface, one.address.to_string()};
  }
  if (!named.empty()) throw no_such_interface(named);
  return {interface, own};
}

}  // namespace dplaunch
