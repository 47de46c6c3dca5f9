#include "worker/report/event_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/process/host_name.h"

namespace dplaunch {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;

std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReflectedPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

/// TFRecord's: a CRC of data that holds CRCs is a weak one, so they are stored changed.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return std::rotr(crc, 15) + 0xa282ead8;
}

template <typename Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
  }
  return bytes;
}

// Protocol buffers' wire format: a key (field number and wire type), then the value.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(int field, WireType type) {
  return varint(static_cast<std::uint64_t>(field) << 3 | type);
}

std::string integer_field(int field, std::int64_t value) {
  return key(field, kVarint) + varint(static_cast<std::uint64_t>(value));
}

std::string double_field(int field, double value) {
  return key(field, kFixed64) + little_endian(std::bit_cast<std::uint64_t>(value));
}

std::string float_field(int field, double value) {
  return key(field, kFixed32) +
         little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}

std::string bytes_field(int field, const std::string& bytes) {
  return key(field, kBytes) + varint(bytes.size()) + bytes;
}

double wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Field numbers of event.proto and summary.proto.
std::string event(std::int64_t step, const std::string& content) {
  return double_field(1, wall_time()) + integer_field(2, step) + content;
}

std::string version_content() {
  return bytes_field(3, "brain.Event:2");
}

std::string start_content() {
  constexpr int kSessionStart = 1;
  return bytes_field(7, integer_field(1, kSessionStart));
}

std::string scalars_content(const EventFile::Scalars& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    summary += bytes_field(1, bytes_field(1, tag) + float_field(2, value));
  }
  return bytes_field(5, summary);
}

std::string file_name() {
  return fmt::format("events.out.tfevents.{}.{}.{}", static_cast<std::int64_t>(wall_time()),
                     host_name(), ::getpid());
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = crc_table();
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t first_step)
    : path_(folder / file_name()), file_(path_, std::ios::binary | std::ios::app) {
  append(event(0, version_content()));
  append(event(first_step, start_content()));
}

void EventFile::add(std::int64_t step, const Scalars& scalars) {
  append(event(step, scalars_content(scalars)));
}

void EventFile::append(std::string_view event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  file_ << length << little_endian(masked_crc(length)) << event << little_endian(masked_crc(event))
        << std::flush;
  if (file_) return;
  throw system_error(ExitCode::kStorage, path_.string() + ": cannot append", errno,
                     "free some space; --resume goes on from the last checkpoint");
}

}  // namespace dplaunch
