// What tar has made of an archive: which files count as a data set. The input is a list of members:
//   folder NAME | file NAME SIZE | text NAME CONTENT | link NAME TARGET | fifo NAME
// Names do not lead out of the folder: GNU tar extracts none that does.

#include <sys/stat.h>

#include <algorithm>

#include "base/text/parse_number.h"
#include "common/data_set.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;
namespace fs = std::filesystem;

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::int64_t kMaxFileBytes = 1'000'000'000;  // they are sparse

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool stays_inside(const fs::path& name) {
  const bool leads_out =
      std::ranges::any_of(name, [](const fs::path& part) { return part == ".."; });
  return !name.empty() && name.is_relative() && !leads_out &&
         name.native().size() <= kMaxNameBytes && name.native().find('\0') == std::string::npos;
}

void add_member(const fs::path& root, std::string_view line) {
  const std::string_view kind = next_word(line);
  const fs::path name = next_word(line);
  if (!stays_inside(name)) return;
  const fs::path path = root / name;
  std::error_code refused;  // a name of two kinds
  if (kind == "folder") fs::create_directories(path, refused);
  if (kind == "link" && stays_inside(line)) fs::create_symlink(line, path, refused);
  if (fs::exists(fs::symlink_status(path, refused))) return;
  if (kind == "text") fuzz::write(path, line);
  if (kind == "fifo") ::mkfifo(path.c_str(), 0600);
  if (kind != "file") return;
  fuzz::write(path, "");
  const auto size_bytes = parse_number<std::int64_t>(line).value_or(0);
  if (size_bytes > 0 && size_bytes <= kMaxFileBytes) {
    fs::resize_file(path, static_cast<std::uintmax_t>(size_bytes), refused);
  }
}

void check(const fs::path& file, std::int64_t records) {
  fuzz::expect(records > 0, "a set has records");
  fuzz::expect(fs::file_size(file) == static_cast<std::uintmax_t>(records * cifar100::kRecordBytes),
               file.string() + " holds as many records as it should");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fs::path root = fuzz::scratch_folder() / "archive";
  fs::remove_all(root);
  fs::create_directory(root);
  fuzz::for_each_line(fuzz::text_of(data, size),
                      [&](std::string_view line) { add_member(root, line); });
  fuzz::accepts(ExitCode::kData, [&] {
    const DataSet set = find_data_set(root);
    check(set.train_file, set.train_records);
    check(set.test_file, set.test_records);
  });
  return 0;
}
