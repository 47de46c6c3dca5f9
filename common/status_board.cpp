#include "common/status_board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files/unique_fd.h"
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

}  // namespace

/// The file: a header line, then `world_size` slots.
struct StatusBoard::Layout {
  char magic[8];
  std::int64_t world_size;
  char padding[112];
  Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
};

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

StatusBoard StatusBoard::create(const std::filesystem::path& path, int world_size) {
  static_assert(sizeof(Layout) == 128);
  // A new file rather than an emptied one: whoever still maps the old one would die of SIGBUS.
  ::unlink(path.c_str());
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) fail(path, "cannot create the status board", errno);
  const std::size_t size = sizeof(Layout) + static_cast<std::size_t>(world_size) * sizeof(Slot);
  // posix_fallocate, not ftruncate: a hole in a full file system would be a SIGBUS later.
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size)); error != 0) {
    fail(path, "cannot allocate the status board", error);
  }
  void* mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapping == MAP_FAILED) fail(path, "cannot map the status board", errno);
  StatusBoard board(mapping, size);
  board.layout()->world_size = world_size;
  // Last: a reader that finds it finds the rest.
  std::memcpy(board.layout()->magic, kMagic, sizeof kMagic);
  return board;
}

StatusBoard StatusBoard::open(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) fail(path, "cannot open the status board", errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail(path, "cannot stat the status board", errno);
  const auto size = static_cast<std::size_t>(info.st_size);
  const auto damaged = [&] {
    return Error(ExitCode::kStorage, path.string() + ": not a status board of this version");
  };
  if (size < sizeof(Layout)) throw damaged();
  void* mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapping == MAP_FAILED) fail(path, "cannot map the status board", errno);
  StatusBoard board(mapping, size);
  const Layout& layout = *board.layout();
  if (std::memcmp(layout.magic, kMagic, sizeof kMagic) != 0 || layout.world_size < 1 ||
      static_cast<std::uint64_t>(layout.world_size) != (size - sizeof(Layout)) / sizeof(Slot)) {
    throw damaged();
  }
  return board;
}

StatusBoard::StatusBoard(StatusBoard&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)), size_bytes_(other.size_bytes_) {}

StatusBoard& StatusBoard::operator=(StatusBoard&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

StatusBoard::~StatusBoard() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_bytes_);
}

StatusBoard::Layout* StatusBoard::layout() const {
  return static_cast<Layout*>(mapping_);
}

int StatusBoard::world_size() const {
  return static_cast<int>(layout()->world_size);
}

void StatusBoard::write(int rank, RankStatus status) {
  Slot& slot = layout()->slots()[rank];
  const std::int64_t number = slot.count.load(std::memory_order_relaxed) + 1;
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

RankStatus StatusBoard::read(int rank) const {
  Slot& slot = layout()->slots()[rank];
  RankStatus status;
  // Acquire: the count is looked at again after these loads, not before.
  const auto get = [](const Word& word) { return word.load(std::memory_order_acquire); };
  // A try fails only if the writer goes through the other copies during it. A damaged file must not
  // hold the reader for ever.
  for (int i = 0; i < kMaxReadTries; ++i) {
    const std::int64_t number = slot.count.load(std::memory_order_acquire);
    const Update& update = update_in(slot, number);
    status.phase = static_cast<Phase>(get(update.phase));
    status.epoch = get(update.epoch);
    status.epochs = get(update.epochs);
    status.step = get(update.step);
    status.steps_per_epoch = get(update.steps_per_epoch);
    status.images = get(update.images);
    status.updated_ns = get(update.updated_ns);
    status.loss = std::bit_cast<double>(get(update.loss_bits));
    status.activity = static_cast<Activity>(get(update.activity));
    status.images_per_second = std::bit_cast<double>(get(update.images_per_second_bits));
    // The next kCopies - 1 updates go into other copies; when the last of them is counted, the
    // one after it may be on its way into this.
    const std::int64_t later = slot.count.load(std::memory_order_relaxed) - number;
    if (later >= 0 && later < static_cast<std::int64_t>(kCopies) - 1) break;
  }
  return status;
}

}  // namespace dplaunch
