#include "base/files/mapped_file.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace dplaunch {
namespace {

/// What the handler of a signal needs to know of a mapping: it can ask nobody.
struct Mapping {
  std::atomic<bool> is_taken = false;
  std::atomic<std::uintptr_t> begin = 0;  ///< 0: not in use; set last
  std::uintptr_t end = 0;
  int exit_code = 0;
  std::string sentence;
};

constexpr std::size_t kMaxNamed = 64;  // of more files at once, the others have no name

struct Table {
  std::array<Mapping, kMaxNamed> mappings;
  const char* program = "";
};

Table& table() {
  static Table only;
  return only;
}

void end_with(const Mapping& mapping) {
  const auto say = [](const char* text, std::size_t size_bytes) {
    if (::write(STDERR_FILENO, text, size_bytes) < 0) return;  // there is nobody left to tell
  };
  const char* program = table().program;
  say(program, std::char_traits<char>::length(program));
  say(mapping.sentence.data(), mapping.sentence.size());
  ::_exit(mapping.exit_code);
}

void on_bus_error(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const bool is_access = info->si_code > 0 && info->si_code != BUS_MCEERR_AO;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Mapping& mapping : table().mappings) {
    const std::uintptr_t begin = mapping.begin.load(std::memory_order_acquire);
    if (is_access && begin != 0 && begin <= address && address < mapping.end) end_with(mapping);
  }
  // Not ours: an access happens again when this returns, and is then what it would have been. A
  // signal that was sent does not.
  ::signal(SIGBUS, SIG_DFL);
  if (!is_access) ::raise(SIGBUS);
}

std::size_t enter(void* start, std::size_t size_bytes, const std::string& path, ExitCode code) {
  auto& mappings = table().mappings;
  for (std::size_t i = 0; i < kMaxNamed; ++i) {
    Mapping& mapping = mappings[i];
    if (mapping.is_taken.exchange(true)) continue;
    mapping.end = reinterpret_cast<std::uintptr_t>(start) + size_bytes;
    mapping.exit_code = to_int(code);
    mapping.sentence = ": error: " + path +
                       ": can no longer be read: while it was in use it was cut short, or its disk "
                       "or file server failed\n";
    mapping.begin.store(reinterpret_cast<std::uintptr_t>(start), std::memory_order_release);
    return i;
  }
  return kMaxNamed;
}

void leave(std::size_t place) {
  if (place >= kMaxNamed) return;
  Mapping& mapping = table().mappings[place];
  mapping.begin.store(0, std::memory_order_release);
  mapping.is_taken.store(false);
}

}  // namespace

void explain_lost_pages(const char* program) {
  table().program = program;
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

MappedFile::MappedFile(int fd, std::size_t size_bytes, Access access,
                       const std::filesystem::path& path, ExitCode code)
    : size_bytes_(size_bytes), place_(kMaxNamed) {
  const bool writes = access == Access::kReadAndWrite;
  void* start = ::mmap(nullptr, size_bytes, writes ? PROT_READ | PROT_WRITE : PROT_READ,
                       writes ? MAP_SHARED : MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) {
    throw system_error(code, path.string() + ": cannot map it into memory", errno);
  }
  start_ = start;
  place_ = enter(start, size_bytes, path.string(), code);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : start_(std::exchange(other.start_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      place_(std::exchange(other.place_, kMaxNamed)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(start_, other.start_);
  std::swap(size_bytes_, other.size_bytes_);
  std::swap(place_, other.place_);
  return *this;
}

MappedFile::~MappedFile() {
  leave(place_);
  if (start_ != nullptr) ::munmap(start_, size_bytes_);
}

}  // namespace dplaunch
