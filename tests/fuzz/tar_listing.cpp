// What `tar --list` prints of an archive: which members are unpacked.

#include <algorithm>

#include "common/data_set.h"
#include "launcher/commands/data/unpack.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string& member : set_members(fuzz::text_of(data, size))) {
    const std::filesystem::path path = member;
    fuzz::expect(path.is_relative() && std::ranges::find(path, "..") == path.end(),
                 "no member leads out of the folder");
    fuzz::expect(std::distance(path.begin(), path.end()) <= 3, "nor deep into it");
    fuzz::expect(!member.starts_with('-'), "nor is it an option");
  }
  return 0;
}
