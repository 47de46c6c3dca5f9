#include <cstdint>

#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/commands/doctor/checks.h"
#include "launcher/devices/gpu_words.h"

namespace dplaunch::doctor {
namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;
/// A ResNet-18's checkpoint with Adam's state is some 135 MB, and by default five are kept.
constexpr std::int64_t kComfortableRunsBytes = 1024 * kMib;
constexpr std::int64_t kLeastRunsBytes = 50 * kMib;
/// The archive (169 MB) and what is in it (185 MB), side by side.
constexpr std::int64_t kDataSetBytes = 400 * kMib;

std::string place(const FolderFacts& facts) {
  return printable(facts.path.string());
}

std::string free_text(const FolderFacts& facts) {
  return facts.space ? gib_text(facts.space->free_bytes) + " GiB free" : "free space unknown";
}

bool has_less(const FolderFacts& facts, std::int64_t bytes) {
  return facts.space && facts.space->free_bytes < bytes;
}

Finding missing_set(const DataFacts& facts) {
  return {Severity::kWarn, "data set",
          printable(facts.problem) + "; commands of your own may need none", printable(facts.hint)};
}

Finding describe(const DataSet& set, const FolderFacts& folder) {
  const std::string counts = place(folder) + ": " + std::to_string(set.train_records) +
                             " training and " + std::to_string(set.test_records) + " test images";
  if (!set.is_synthetic) return {Severity::kOk, "data set", counts};
  return {Severity::kNote, "data set", counts + ", SYNTHETIC: accuracies mean nothing",
          "for the real one: dplaunch data --force --root " + place(folder) + ", with a network"};
}

}  // namespace

Findings check_runs_folder(const FolderFacts& facts) {
  const std::string what = "runs folder";
  if (!facts.write_problem.empty()) {
    return {{Severity::kFail, what,
             place(facts) + ": cannot write into " + printable(facts.existing.string()) + ": " +
                 printable(facts.write_problem),
             "start in a folder that you may write to, or name one with --log-dir DIR"}};
  }
  const std::string text = place(facts) + ": " + free_text(facts);
  if (has_less(facts, kComfortableRunsBytes)) {
    return {{has_less(facts, kLeastRunsBytes) ? Severity::kFail : Severity::kWarn, what,
             text + "; the checkpoints of a run take up to 1 GiB",
             "make room, name another folder with --log-dir DIR, or keep fewer: --set "
             "keep_checkpoints=1"}};
  }
  return {{Severity::kOk, what, text}};
}

Findings check_data(const DataFacts& facts) {
  if (facts.set) return {describe(*facts.set, facts.folder)};
  if (facts.has_files) {
    return {{Severity::kFail, "data set", printable(facts.problem), printable(facts.hint)}};
  }
  Findings findings{missing_set(facts)};
  if (!facts.folder.write_problem.empty()) {
    findings.push_back({Severity::kWarn, "data folder",
                        place(facts.folder) + ": cannot write into " +
                            printable(facts.folder.existing.string()) + ": " +
                            printable(facts.folder.write_problem),
                        "put the set elsewhere: dplaunch data --root DIR, then --root DIR"});
  } else if (has_less(facts.folder, kDataSetBytes)) {
    findings.push_back({Severity::kWarn, "data folder",
                        place(facts.folder) + ": " + free_text(facts.folder) +
                            "; to fetch and unpack the set takes 0.4 GiB",
                        "make room, or put the set elsewhere: dplaunch data --root DIR"});
  }
  return findings;
}

}  // namespace dplaunch::doctor
