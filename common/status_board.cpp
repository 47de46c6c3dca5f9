#include "common/status_board.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/monotonic_clock.h"

namespace dplaunch {
namespace {

constexpr char kMagic[8] = {'d', 'p', 'l', 'b', 'r', 'd', '0', '2'};
constexpr int kMaxReadTries = 1000;
constexpr std::uint64_t kCopies = 8;

using Word = std::atomic<std::int64_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 8);

struct Update {
  Word phase, epoch, epochs, step, steps_per_epoch, images, updated_ns, loss_bits, activity,
      images_per_second_bits;
};

/// One rank's slot: cache lines of its own, so that ranks do not slow each other. Update number n
/// is in `updates[n % kCopies]`, and `count` is the number of the last whole one. A writer works on
/// the oldest copy, which no reader wants, and may be halted or killed within it without harm.
struct alignas(128) Slot {
  Word count;
  Update updates[kCopies];
};

Update& update_in(Slot& slot, std::int64_t number) {
  return slot.updates[static_cast<std::uint64_t>(number) % kCopies];
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw system_error(ExitCode::kStorage, path.string() + ": " + what, error);
}

/// The file: a header line, then `world_size` slots.
struct Board {
  char magic[8];
  std::int64_t world_size;
  char padding[112];
  Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
};
static_assert(sizeof(Board) == 128);

std::size_t board_bytes(int world_size) {
  return sizeof(Board) + static_cast<std::size_t>(world_size) * sizeof(Slot);
}

/// How many slots the file has. Throws if it is no board.
int check_board(int fd, const std::filesystem::path& path) {
  constexpr std::int64_t kMaxWorldSize = 1'000'000;
  Board board{};
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail(path, "cannot stat the status board", errno);
  const bool is_whole = read_at(fd, 0, &board, sizeof board, path) == sizeof board &&
                        std::memcmp(board.magic, kMagic, sizeof kMagic) == 0 &&
                        board.world_size >= 1 && board.world_size <= kMaxWorldSize;
  if (is_whole) {
    const int world_size = static_cast<int>(board.world_size);
    if (static_cast<std::size_t>(info.st_size) == board_bytes(world_size)) return world_size;
  }
  throw Error(ExitCode::kStorage, path.string() + ": not a status board of this version");
}

/// What the bytes of an update in the file say.
RankStatus status_in(const std::array<std::int64_t, sizeof(Update) / sizeof(Word)>& words) {
  const auto count = [](std::int64_t value, std::int64_t max) {
    return std::clamp<std::int64_t>(value, 0, max);
  };
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  RankStatus status;
  status.phase = static_cast<Phase>(count(words[0], std::numeric_limits<std::int32_t>::max()));
  status.epoch = count(words[1], StatusBoard::kMaxCount);
  status.epochs = count(words[2], StatusBoard::kMaxCount);
  status.step = count(words[3], StatusBoard::kMaxCount);
  status.steps_per_epoch = count(words[4], StatusBoard::kMaxCount);
  status.images = count(words[5], kMax);
  status.updated_ns = count(words[6], kMax);
  status.loss = std::bit_cast<double>(words[7]);
  status.activity =
      static_cast<Activity>(count(words[8], std::numeric_limits<std::int32_t>::max()));
  status.images_per_second = std::bit_cast<double>(words[9]);
  return status;
}

}  // namespace

const char* phase_name(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kRendezvous:
      return "rendezvous";
    case Phase::kPreparing:
      return "preparing";
    case Phase::kTraining:
      return "training";
    case Phase::kEvaluating:
      return "evaluating";
    case Phase::kCheckpointing:
      return "checkpointing";
    case Phase::kFinished:
      return "finished";
  }
  return "unknown";
}

const char* activity_name(Activity activity) {
  switch (activity) {
    case Activity::kNone:
      return "none";
    case Activity::kData:
      return "waiting for data";
    case Activity::kForward:
      return "forward";
    case Activity::kBackward:
      return "backward and all-reduce";
    case Activity::kUpdate:
      return "update";
  }
  return "unknown";
}

StatusBoard::StatusBoard(std::filesystem::path path, UniqueFd fd, int world_size)
    : path_(std::move(path)), fd_(std::move(fd)), world_size_(world_size) {}

void StatusBoard::map_to_write() {
  mapping_.emplace(fd_.get(), board_bytes(world_size_), MappedFile::Access::kReadAndWrite, path_,
                   ExitCode::kStorage);
}

StatusBoard StatusBoard::create(const std::filesystem::path& path, int world_size) {
  // A new file rather than an emptied one: whoever still maps the old one would die of SIGBUS.
  ::unlink(path.c_str());
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) fail(path, "cannot create the status board", errno);
  // posix_fallocate, not ftruncate: a hole in a full file system would be a SIGBUS later.
  const auto size_bytes = static_cast<off_t>(board_bytes(world_size));
  if (const int error = ::posix_fallocate(fd.get(), 0, size_bytes); error != 0) {
    fail(path, "cannot allocate the status board", error);
  }
  StatusBoard board(path, std::move(fd), world_size);
  board.map_to_write();
  auto* layout = static_cast<Board*>(board.mapping_->data());
  layout->world_size = world_size;
  // Last: a reader that finds it finds the rest.
  std::memcpy(layout->magic, kMagic, sizeof kMagic);
  return board;
}

StatusBoard StatusBoard::open(const std::filesystem::path& path) {
  UniqueFd fd = open_to_read(path);
  const int world_size = check_board(fd.get(), path);
  return {path, std::move(fd), world_size};
}

StatusBoard StatusBoard::open_to_write(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) fail(path, "cannot open the status board", errno);
  const int world_size = check_board(fd.get(), path);
  StatusBoard board(path, std::move(fd), world_size);
  board.map_to_write();
  return board;
}

void StatusBoard::write(int rank, RankStatus status) {
  Slot& slot = static_cast<Board*>(mapping_->data())->slots()[rank];
  // A damaged file holds any number: one behind the highest is no overflow.
  const auto number = static_cast<std::int64_t>(
      static_cast<std::uint64_t>(slot.count.load(std::memory_order_relaxed)) + 1);
  Update& update = update_in(slot, number);
  // Release: whoever sees one of these stores also sees that the update before this one was
  // counted, and that what it reads is therefore being replaced.
  const auto set = [](Word& word, std::int64_t value) {
    word.store(value, std::memory_order_release);
  };
  set(update.phase, static_cast<std::int64_t>(status.phase));
  set(update.epoch, status.epoch);
  set(update.epochs, status.epochs);
  set(update.step, status.step);
  set(update.steps_per_epoch, status.steps_per_epoch);
  set(update.images, status.images);
  set(update.updated_ns, monotonic_ns());
  set(update.loss_bits, std::bit_cast<std::int64_t>(status.loss));
  set(update.activity, static_cast<std::int64_t>(status.activity));
  set(update.images_per_second_bits, std::bit_cast<std::int64_t>(status.images_per_second));
  slot.count.store(number, std::memory_order_release);
}

// By pread(), not through memory: whoever cuts the file short would kill the reader by SIGBUS.
RankStatus StatusBoard::read(int rank) const {
  const std::size_t slot = sizeof(Board) + static_cast<std::size_t>(rank) * sizeof(Slot);
  const auto get = [this](std::size_t offset, void* to, std::size_t size_bytes) {
    const bool is_whole = read_at(fd_.get(), offset, to, size_bytes, path_) == size_bytes;
    // The count is looked at again after the loads of the update, not before.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return is_whole;
  };
  std::array<std::int64_t, sizeof(Update) / sizeof(Word)> words{};
  // A try fails only if the writer goes through the other copies during it. A damaged file must not
  // hold the reader for ever.
  for (int i = 0; i < kMaxReadTries; ++i) {
    std::uint64_t number = 0;
    std::uint64_t later = 0;
    if (!get(slot, &number, sizeof number)) return {};
    const std::size_t update = offsetof(Slot, updates) + number % kCopies * sizeof(Update);
    if (!get(slot + update, words.data(), sizeof words)) return {};
    if (!get(slot, &later, sizeof later)) return {};
    // The next kCopies - 1 updates go into other copies; when the last of them is counted, the
    // one after it may be on its way into this.
    if (later - number < kCopies - 1) break;
  }
  return status_in(words);
}

}  // namespace dplaunch
