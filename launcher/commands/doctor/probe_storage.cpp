#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "launcher/commands/doctor/file_system_space.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
namespace {

namespace fs = std::filesystem;

fs::path nearest_existing(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// Makes a folder there and removes it: permissions alone do not tell of a read-only or a full
/// file system.
std::string try_to_write(const fs::path& folder) {
  std::string name = (folder / ".dplaunch-doctor-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return std::strerror(errno);
  ::rmdir(name.c_str());
  return {};
}

bool has_files(const fs::path& root) {
  std::error_code error;
  for (const fs::path& folder : {root, root / cifar100::kFolderName}) {
    for (const char* name :
         {cifar100::kTrainFile, cifar100::kTestFile, cifar100::kSyntheticMarker}) {
      if (fs::exists(folder / name, error)) return true;
    }
  }
  return false;
}

}  // namespace

FolderFacts probe_folder(const fs::path& folder) {
  FolderFacts facts;
  facts.path = folder;
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error).lexically_normal();
  facts.existing = nearest_existing(error ? folder : absolute);
  facts.write_problem = try_to_write(facts.existing);
  facts.space = space_of(facts.existing);
  return facts;
}

DataFacts probe_data(const fs::path& root) {
  DataFacts facts;
  facts.folder = probe_folder(root);
  facts.has_files = has_files(root);
  try {
    facts.set = find_data_set(root);
  } catch (const Error& error) {
    facts.problem = error.what();
    facts.hint = error.hint();
  }
  return facts;
}

}  // namespace dplaunch::doctor
