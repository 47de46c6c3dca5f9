#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/files/json_fields.h"

namespace dplaunch {

/// What a host brings when the hosts of a job meet.
struct HostFacts {
  std::string name;         ///< of the host
  std::string own_address;  ///< by which it reached host 0
  std::string hub_address;  ///< host 0's, as it sees it
  int processes = 1;
  /// What has to be the same on all: keys of the configuration, versions.
  std::vector<std::pair<std::string, std::string>> agreed;
  std::string data_digest;  ///< of the training's data; empty for a command
  std::string run_id;       ///< host 0's counts
};

Json to_json(const HostFacts& facts);
HostFacts host_facts_from(const Json& json);

/// Throws Error(kUsage), or Error(kData) for the data, that names what differs, where, and both
/// values. On all hosts the same words.
void check_agreement(const std::vector<HostFacts>& hosts);

/// Of all bytes of the files, as hexadecimal digits (BLAKE2b). Throws Error(kData).
std::string digest_of_files(const std::vector<std::string>& files);

}  // namespace dplaunch
