#include "launcher/commands/data/unpack.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text/words.h"
#include "common/data_set.h"
#include "launcher/commands/data/run_tool.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;

constexpr std::array<std::string_view, 5> kFiles = {kTrainFile, kTestFile, kFineNamesFile,
                                                    kCoarseNamesFile, kSyntheticMarker};

bool is_file_of_set(const std::string& member) {
  fs::path path = member;
  if (member.starts_with("./")) path = member.substr(2);
  const fs::path folder = path.parent_path();
  return (folder.empty() || folder == kFolderName) &&
         std::ranges::find(kFiles, path.filename().native()) != kFiles.end();
}

/// What tar prints of the archive, or does with it.
std::string run_tar(std::vector<std::string> words, const fs::path& archive,
                    std::size_t max_bytes) {
  words.insert(words.begin(), {"tar", "--gzip", "--file", archive.string()});
  const ToolResult result = run_tool(words, {.max_file_bytes = max_bytes});
  if (result.exit_code == 0) return result.output;
  throw Error(
      ExitCode::kData,
      fmt::format("{}: tar cannot unpack it (exit code {})", archive.string(), result.exit_code),
      "its checksum is right: look whether the disk is full; it needs 0.2 GB");
}

/// Where tar has put it, if it is a file now, and not a link, a device or a folder.
void keep_if_regular(const fs::path& unpacked, const fs::path& target) {
  if (fs::symlink_status(unpacked).type() != fs::file_type::regular) return;
  using fs::perms;
  fs::permissions(unpacked, perms::set_uid | perms::set_gid | perms::sticky_bit,
                  fs::perm_options::remove);
  fs::rename(unpacked, target / unpacked.filename());
}

}  // namespace

std::vector<std::string> set_members(const std::string& listing) {
  std::vector<std::string> members = split(listing, '\n');
  std::erase_if(members, [](const std::string& member) { return !is_file_of_set(member); });
  std::ranges::sort(members);
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

void unpack_set(const fs::path& archive, const fs::path& folder, std::size_t max_bytes) {
  const std::vector<std::string> members = set_members(run_tar({"--list"}, archive, max_bytes));
  const fs::path raw = folder / "raw";
  const fs::path target = folder / kFolderName;
  fs::create_directory(raw);
  fs::create_directory(target);
  if (members.empty()) return;  // whoever looks for the set says what is missing
  std::vector<std::string> words = {"--extract",
                                    "--no-same-owner",
                                    "--no-same-permissions",
                                    "--no-recursion",
                                    "--directory",
                                    raw.string(),
                                    "--"};
  words.insert(words.end(), members.begin(), members.end());
  run_tar(words, archive, max_bytes);
  for (const std::string& member : members) keep_if_regular(raw / member, target);
  fs::remove_all(raw);
}

}  // namespace dplaunch
