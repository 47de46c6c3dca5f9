#include "common/safetensors.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "common/safetensors_header.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

[[noreturn]] void fail_to(const std::string& action, const fs::path& path) {
  const int error_number = errno;
  throw system_error(ExitCode::kStorage, path.string() + ": cannot " + action, error_number);
}

std::size_t file_size(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail_to("read its length", path);
  return static_cast<std::size_t>(status.st_size);
}

void read_exactly(int fd, std::byte* to, std::size_t size_bytes, const fs::path& path) {
  while (size_bytes > 0) {
    const ssize_t got = ::read(fd, to, size_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_to("read", path);
    if (got == 0) {
      throw Error(ExitCode::kStorage,
                  fmt::format("{}: ended {} bytes early: somebody shortened it while it was read",
                              path.string(), size_bytes));
    }
    to += got;
    size_bytes -= static_cast<std::size_t>(got);
  }
}

/// Reads the 8 bytes that say how long the header is, and checks them against the file.
std::size_t read_header_length(int fd, std::size_t file_bytes, const fs::path& path) {
  if (file_bytes < kSafetensorsLengthBytes) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: too short for a safetensors file: {} bytes, at least 8 are needed",
                            path.string(), file_bytes));
  }
  std::array<std::byte, kSafetensorsLengthBytes> bytes{};
  read_exactly(fd, bytes.data(), bytes.size(), path);
  const auto length = std::bit_cast<std::uint64_t>(bytes);
  // Before memory is taken for it: a file that is no safetensors file may say anything here.
  const std::size_t rest = file_bytes - kSafetensorsLengthBytes;
  if (length <= std::min(rest, kMaxSafetensorsHeaderBytes)) return length;
  throw Error(
      ExitCode::kStorage,
      fmt::format(
          "{}: damaged: it says that its header has {} bytes, but {}", path.string(), length,
          length > rest ? fmt::format("only {} follow", rest)
                        : fmt::format("{} is the format's limit", kMaxSafetensorsHeaderBytes)));
}

/// A file whose header has been read and checked; the tensors' bytes come next.
struct OpenFile {
  UniqueFd fd;
  SafetensorsHeader header;
  std::size_t data_bytes = 0;
};

OpenFile open_behind_header(const fs::path& path) {
  UniqueFd fd = open_to_read(path);
  const std::size_t file_bytes = file_size(fd.get(), path);
  const std::size_t header_bytes = read_header_length(fd.get(), file_bytes, path);
  std::string text(header_bytes, '\0');
  read_exactly(fd.get(), reinterpret_cast<std::byte*>(text.data()), header_bytes, path);
  const std::size_t data_bytes = file_bytes - kSafetensorsLengthBytes - header_bytes;
  SafetensorsHeader header = parse_safetensors_header(text, data_bytes, path.string());
  return {std::move(fd), std::move(header), data_bytes};
}

/// Widest type first, as the reference implementation writes them, so that without holes each
/// tensor is aligned to its type.
std::vector<const TensorView*> in_file_order(std::span<const TensorView> tensors) {
  std::vector<const TensorView*> order;
  order.reserve(tensors.size());
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::ranges::sort(order, [](const TensorView* a, const TensorView* b) {
    const std::size_t a_width = safetensors_element_bytes(a->dtype);
    const std::size_t b_width = safetensors_element_bytes(b->dtype);
    return a_width != b_width ? a_width > b_width : a->name < b->name;
  });
  return order;
}

}  // namespace

void write_safetensors(const fs::path& path, std::span<const TensorView> tensors,
                       const SafetensorsMetadata& metadata) {
  const std::vector<const TensorView*> order = in_file_order(tensors);
  SafetensorsHeader header;
  header.metadata = metadata;
  std::size_t offset = 0;
  for (const TensorView* tensor : order) {
    header.entries.push_back(
        {tensor->name, tensor->dtype, tensor->shape, offset, offset + tensor->size_bytes});
    offset += tensor->size_bytes;
  }
  const std::string text = format_safetensors_header(header, path.string());
  const std::uint64_t length = text.size();
  write_file_atomically(path, [&](const WriteBytes& write) {
    write(&length, sizeof length);
    write(text.data(), text.size());
    for (const TensorView* tensor : order) write(tensor->data, tensor->size_bytes);
  });
}

SafetensorsMetadata read_safetensors_metadata(const fs::path& path) {
  return open_behind_header(path).header.metadata;
}

SafetensorsFile SafetensorsFile::open(const fs::path& path) {
  OpenFile opened = open_behind_header(path);
  SafetensorsFile file;
  // Not zeroed first: a checkpoint has hundreds of megabytes.
  file.content_ = std::make_unique_for_overwrite<std::byte[]>(opened.data_bytes);
  read_exactly(opened.fd.get(), file.content_.get(), opened.data_bytes, path);
  file.metadata_ = std::move(opened.header.metadata);
  for (SafetensorsHeader::Entry& entry : opened.header.entries) {
    file.tensors_.push_back({std::move(entry.name), std::move(entry.dtype), std::move(entry.shape),
                             file.content_.get() + entry.begin, entry.end - entry.begin});
  }
  return file;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &TensorView::name);
  return found == tensors_.end() ? nullptr : &*found;
}

}  // namespace dplaunch
