#include "common/communication_record.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

TEST(CommunicationRecord, IsReadBackAsItWasWritten) {
  const testing::TemporaryFolder folder;
  CommunicationRecord record;
  record.processes = 2;
  record.backend = "gloo";
  record.device = "CPU, 1 thread";
  record.bucket_bytes = {1048576, 4194304};
  record.results = {{Collective::kAllGather, 4096, 512, "float", false, {1.5, 2.25}},
                    {Collective::kAllReduce, 1048576, 524288, "bfloat16", true, {99}}};
  record.left_out = {{Collective::kBroadcast, 1 << 30}};
  write_communication(folder / "record", record);
  const auto read = read_communication(folder / "record");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->processes, 2);
  EXPECT_EQ(read->backend, "gloo");
  EXPECT_EQ(read->device, "CPU, 1 thread");
  EXPECT_EQ(read->bucket_bytes, record.bucket_bytes);
  ASSERT_EQ(read->results.size(), 2U);
  EXPECT_EQ(read->results[0].collective, Collective::kAllGather);
  EXPECT_EQ(read->results[0].count, 512);
  EXPECT_EQ(read->results[0].times_us, (std::vector<double>{1.5, 2.25}));
  EXPECT_EQ(read->results[1].type, "bfloat16");
  EXPECT_TRUE(read->results[1].is_bucket);
  ASSERT_EQ(read->left_out.size(), 1U);
  EXPECT_EQ(read->left_out[0].bytes, 1 << 30);
}

TEST(CommunicationRecord, OfAnotherShapeIsRefused) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(read_communication(folder / "none"), std::nullopt);
  for (const char* text : {"{}", "[]", "no JSON", R"({"format_version": 99})",
                           R"({"processes": 2, "backend": "", "device": "", "bucket_bytes": [],
                               "results": [{"collective": "all_to_all"}], "left_out": []})"}) {
    folder.write("record", text);
    EXPECT_THROW(read_communication(folder / "record"), Error) << text;
  }
}

TEST(CommunicationRequest, IsWrittenAsWords) {
  CommunicationRequest request;
  request.collectives = {Collective::kAllReduce, Collective::kBroadcast};
  request.min_bytes = 1024;
  request.max_bytes = 4096;
  request.seconds = 2.5;
  request.with_buckets = true;
  EXPECT_EQ(to_arguments(request),
            (std::vector<std::string>{"--measure-communication", "all_reduce,broadcast",
                                      "--min-bytes", "1024", "--max-bytes", "4096", "--size-factor",
                                      "2", "--seconds", "2.5", "--buckets"}));
  request.with_both_types = true;
  EXPECT_EQ(to_arguments(request).back(), "--both-types");
}

}  // namespace
}  // namespace dplaunch
