// Status boards of others, and what `status` and the live view make of them. The input's first byte
// says how many ranks there are, the rest is what stands in their slots.

#include "common/status_board.h"

#include <fstream>
#include <limits>

#include "launcher/commands/status/status_json.h"
#include "launcher/runs/run_state.h"
#include "launcher/view/live_view.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;

void overwrite_slots(const std::filesystem::path& file, std::string content) {
  constexpr std::streamoff kHeaderBytes = 128;
  const auto room = std::filesystem::file_size(file) - static_cast<std::size_t>(kHeaderBytes);
  content.resize(std::min<std::size_t>(content.size(), room));
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(kHeaderBytes);
  stream << content;
}

RunView view_of(const StatusBoard& board) {
  RunView view;
  view.now_ns = std::numeric_limits<std::int64_t>::max();
  view.pace = {.images_per_step = 1, .max_steps = 0, .seconds_per_epoch = 0};
  for (int rank = 0; rank < board.world_size(); ++rank) {
    const RankStatus status = board.read(rank);
    fuzz::expect(status.epoch >= 0 && status.epoch <= StatusBoard::kMaxCount, "an epoch's bounds");
    view.ranks.push_back({rank, status, {}});
  }
  return view;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kMaxRanks = 4;
  if (size == 0) return 0;
  const RunFolder folder(fuzz::scratch_folder());
  StatusBoard::create(folder.status_board(), data[0] % kMaxRanks + 1);
  overwrite_slots(folder.status_board(), fuzz::text_of(data + 1, size - 1));
  const RunView view = view_of(StatusBoard::open(folder.status_board()));
  constexpr int kColumns = 80;
  for (const std::string& line : live_view(view, {}, {kColumns, 24})) {
    fuzz::expect(line.find('\n') == std::string::npos, "a line is one");
  }
  rank_lines(view, {}, kColumns, 2);
  progress_lines(view, {}, kColumns);
  status_json(folder, {}, view);
  return 0;
}
