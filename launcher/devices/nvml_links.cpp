#include <strings.h>

#include <algorithm>
#include <string>
#include <utility>

#include "launcher/devices/nvml.h"
#include "launcher/devices/nvml_library.h"

namespace dplaunch {
namespace {

/// A GPU, and where its NVLinks end.
struct Node {
  int index = 0;
  nvml::Device device = nullptr;
  std::string pci_bus_id;
  std::vector<std::string> nvlink_peers;  ///< PCI bus ids, one per link
  int switch_nvlinks = 0;
};

std::string path_name(unsigned level) {
  switch (level) {
    case nvml::kSameBoard:
    case nvml::kSingleSwitch:
      return "PIX";
    case nvml::kSeveralSwitches:
      return "PXB";
    case nvml::kHostBridge:
      return "PHB";
    case nvml::kNumaNode:
      return "NODE";
    case nvml::kSystem:
      return "SYS";
    default:
      return {};
  }
}

void find_nvlinks(const nvml::Functions& f, Node& node) {
  if (f.nvmlDeviceGetNvLinkState == nullptr || f.nvmlDeviceGetNvLinkRemotePciInfo_v2 == nullptr) {
    return;
  }
  for (unsigned link = 0; link < nvml::kMaxNvlinks; ++link) {
    unsigned state = 0;
    if (f.nvmlDeviceGetNvLinkState(node.device, link, &state) != nvml::kSuccess ||
        state != nvml::kNvlinkActive) {
      continue;
    }
    unsigned type = nvml::kNvlinkToGpu;
    if (f.nvmlDeviceGetNvLinkRemoteDeviceType != nullptr) {
      f.nvmlDeviceGetNvLinkRemoteDeviceType(node.device, link, &type);
    }
    nvml::PciInfo peer{};
    if (type == nvml::kNvlinkToSwitch) {
      ++node.switch_nvlinks;
    } else if (f.nvmlDeviceGetNvLinkRemotePciInfo_v2(node.device, link, &peer) == nvml::kSuccess) {
      node.nvlink_peers.emplace_back(peer.bus_id);
    }
  }
}

std::vector<Node> find_nodes(const nvml::Functions& f) {
  std::vector<Node> nodes;
  unsigned count = 0;
  if (f.nvmlDeviceGetCount_v2(&count) != nvml::kSuccess) return nodes;
  for (unsigned index = 0; index < count; ++index) {
    Node node;
    node.index = static_cast<int>(index);
    nvml::PciInfo pci{};
    if (f.nvmlDeviceGetHandleByIndex_v2(index, &node.device) != nvml::kSuccess) continue;  // lost
    if (f.nvmlDeviceGetPciInfo_v3(node.device, &pci) == nvml::kSuccess) {
      node.pci_bus_id = pci.bus_id;
    }
    find_nvlinks(f, node);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

GpuLink link_between(const nvml::Functions& f, const Node& a, const Node& b) {
  GpuLink link;
  link.first = a.index;
  link.second = b.index;
  // Every GPU at an NVSwitch reaches every other there, with as many links as both have.
  link.nvlinks = std::min(a.switch_nvlinks, b.switch_nvlinks);
  for (const std::string& peer : a.nvlink_peers) {
    if (::strcasecmp(peer.c_str(), b.pci_bus_id.c_str()) == 0) ++link.nvlinks;
  }
  unsigned level = 0;
  if (f.nvmlDeviceGetTopologyCommonAncestor != nullptr &&
      f.nvmlDeviceGetTopologyCommonAncestor(a.device, b.device, &level) == nvml::kSuccess) {
    link.path = path_name(level);
  }
  return link;
}

}  // namespace

std::vector<GpuLink> probe_nvml_links() {
  const NvmlLibrary library;
  std::vector<GpuLink> links;
  if (!library.problem().empty()) return links;
  const std::vector<Node> nodes = find_nodes(library.functions());
  for (std::size_t a = 0; a < nodes.size(); ++a) {
    for (std::size_t b = a + 1; b < nodes.size(); ++b) {
      links.push_back(link_between(library.functions(), nodes[a], nodes[b]));
    }
  }
  return links;
}

}  // namespace dplaunch
