#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/files/json_fields.h"

namespace dplaunch {

/// Keys and their values.
using Agreed = std::vector<std::pair<std::string, std::string>>;

/// What a host brings when the hosts of a job meet.
struct HostFacts {
  std::string name;         ///< of the host
  std::string own_address;  ///< by which it reached host 0
  std::string hub_address;  ///< host 0's, as it sees it
  int processes = 1;
  /// What has to be the same on all: keys of the configuration, versions. Of each host all others
  /// get the digest, and the keys where that differs: in a job of a thousand hosts they are much.
  Agreed agreed;
  std::string agreed_digest;
  std::string data_digest;  ///< of the training's data; empty for a command
  std::string run_id;       ///< host 0's counts
};

/// Without the keys of what is agreed, but with its digest.
Json to_json(const HostFacts& facts);
HostFacts host_facts_from(const Json& json);
Json agreed_json(const Agreed& agreed);
Agreed agreed_from(const Json& json);

/// Whether all have agreed on the same, by the digests.
bool have_agreed(const std::vector<HostFacts>& hosts);

/// Throws Error(kUsage), or Error(kData) for the data, that names what differs, where, and both
/// values. On all hosts the same words. Needs the keys unless have_agreed().
void check_agreement(const std::vector<HostFacts>& hosts);

/// Of all bytes of the files, as hexadecimal digits (BLAKE2b). Throws Error(kData).
std::string digest_of_files(const std::vector<std::string>& files);

}  // namespace dplaunch
