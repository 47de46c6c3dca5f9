#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dplaunch {

/// What all ranks do together: sum a tensor, get rank 0's, or get every rank's part.
enum class Collective { kAllReduce, kBroadcast, kAllGather };

/// "all_reduce", "broadcast" or "all_gather".
const char* name_of(Collective collective);
/// The collective of that name; nullopt if there is none.
std::optional<Collective> collective_named(const std::string& name);

/// What the ranks of a group are to measure.
struct CommunicationRequest {
  std::vector<Collective> collectives = {Collective::kAllReduce};
  std::int64_t min_bytes = 4;
  std::int64_t max_bytes = 4;
  double factor = 2;          ///< between one size and the next; more than 1
  double seconds = 30;        ///< about how long all of it may take
  bool with_buckets = false;  ///< also the buckets of gradients of a training
  /// All sizes as float and as bfloat16, the buckets whatever the training's `compress` is, and
  /// what it costs to compress them.
  bool with_both_types = false;
};

/// The request as words of a worker's command line, whose options worker/options.cpp declares.
std::vector<std::string> to_arguments(const CommunicationRequest& request);

/// One collective of one size.
struct MeasuredCollective {
  Collective collective = Collective::kAllReduce;
  std::int64_t bytes = 0;        ///< of the result on each rank: nccl-tests' "size"
  std::int64_t count = 0;        ///< of values that each rank gives: nccl-tests' "count"
  std::string type = "float";    ///< of a value, as nccl-tests names it: "float" or "bfloat16"
  bool is_bucket = false;        ///< a training's gradients are all-reduced in such a size
  std::vector<double> times_us;  ///< of each iteration, the longest of all ranks'
};

/// A size for which the time did not suffice.
struct LeftOutCollective {
  Collective collective = Collective::kAllReduce;
  std::int64_t bytes = 0;
};

/// What rank 0 writes of a measurement of the whole group, into RunFolder::communication().
struct CommunicationRecord {
  int processes = 0;
  std::string backend;                      ///< "gloo" or "nccl"
  std::string device;                       ///< of rank 0, in words
  std::vector<std::int64_t> bucket_bytes;   ///< as they travel, in the order of their all-reduces
  std::vector<MeasuredCollective> results;  ///< every result was right on every rank
  std::vector<LeftOutCollective> left_out;
  /// What it takes to make all buckets bfloat16 and float again, the longest of all ranks' in each
  /// round; empty unless with_both_types.
  std::vector<double> compress_us;
};

/// Writes atomically. Throws Error(kStorage).
void write_communication(const std::filesystem::path& path, const CommunicationRecord& record);

/// nullopt if there is no such file. Throws Error(kStorage) for one that is no such record.
std::optional<CommunicationRecord> read_communication(const std::filesystem::path& path);

}  // namespace dplaunch
