#include "worker/trace/chrome_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using testing::error_of;
using testing::expect_contains;
using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

class ChromeTraceTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const json& events,
                              std::int64_t base_ns = 0) const {
    write_text(folder_ / name,
               json{{"baseTimeNanoseconds", base_ns}, {"traceEvents", events}}.dump());
    return folder_ / name;
  }

  json settle(const json& events, int rank) const {
    const auto path = write("trace.json", events);
    normalize_rank_trace(path, {rank, "rank " + std::to_string(rank)});
    return json::parse(read_text(path))["traceEvents"];
  }

  TemporaryFolder folder_;
};

/// The one event of this name, or null.
json event_of(const json& events, const std::string& name) {
  for (const json& event : events) {
    if (event.value("name", "") == name) return event;
  }
  return {};
}

/// The one metadata event `name` of a track, or null.
json metadata_of(const json& events, const std::string& name, const json& track) {
  for (const json& event : events) {
    if (event["ph"] == "M" && event["name"] == name && event["tid"] == track) return event["args"];
  }
  return {};
}

TEST_F(ChromeTraceTest, TheProcessIsTheRank) {
  const json events = settle(
      {{{"ph", "M"},
        {"name", "process_name"},
        {"pid", 77},
        {"tid", 0},
        {"args", {{"name", "python"}}}},
       {{"ph", "X"}, {"name", "forward"}, {"pid", 77}, {"tid", 77}, {"ts", 5.5}, {"dur", 2}}},
      3);
  for (const json& event : events) EXPECT_EQ(event["pid"], 3) << event;
  EXPECT_EQ(metadata_of(events, "process_name", 0)["name"], "rank 3");
  EXPECT_EQ(metadata_of(events, "process_sort_index", 0)["sort_index"], 3);
  EXPECT_EQ(event_of(events, "forward")["ts"], 5.5);
}

TEST_F(ChromeTraceTest, TracksAreNamedByWhatRunsOnThem) {
  const json events = settle({{{"ph", "M"},
                               {"name", "thread_name"},
                               {"pid", 77},
                               {"tid", 77},
                               {"args", {{"name", "thread 77 (worker)"}}}},
                              {{"ph", "M"},
                               {"name", "thread_name"},
                               {"pid", 77},
                               {"tid", 80},
                               {"args", {{"name", "stream 7"}}}},
                              {{"ph", "X"}, {"name", "forward"}, {"pid", 77}, {"tid", 77}},
                              {{"ph", "X"}, {"name", "gloo:all_reduce"}, {"pid", 77}, {"tid", 79}}},
                             0);
  EXPECT_EQ(metadata_of(events, "thread_name", 77)["name"], "training");
  EXPECT_EQ(metadata_of(events, "thread_name", 79)["name"], "Gloo");
  EXPECT_EQ(metadata_of(events, "thread_name", 80)["name"], "stream 7") << "kept";
  EXPECT_EQ(std::ranges::count_if(events,
                                  [](const json& event) {
                                    return event["name"] == "thread_name" && event["tid"] == 77;
                                  }),
            1);
}

// It does not nest with what else runs on the thread.
TEST_F(ChromeTraceTest, TheExposedAllReduceHasATrackOfItsOwn) {
  const json events =
      settle({{{"ph", "X"}, {"name", "exposed all-reduce"}, {"pid", 77}, {"tid", 77}}}, 0);
  const json event = event_of(events, "exposed all-reduce");
  EXPECT_NE(event["tid"], 77);
  EXPECT_EQ(metadata_of(events, "thread_name", event["tid"])["name"], "exposed all-reduce");
}

TEST_F(ChromeTraceTest, IdsOfArrowsAreUniqueOverTheRanks) {
  const json arrow = {{{"ph", "s"}, {"name", "arrow"}, {"pid", 77}, {"tid", 77}, {"id", 5}}};
  const std::int64_t of_rank_0 = event_of(settle(arrow, 0), "arrow")["id"];
  const std::int64_t of_rank_1 = event_of(settle(arrow, 1), "arrow")["id"];
  EXPECT_EQ(of_rank_0, 5);
  EXPECT_NE(of_rank_1, of_rank_0);
  // Viewers read numbers as doubles: also a high rank's must be exact in one.
  const std::int64_t of_rank_1000 = event_of(settle(arrow, 1000), "arrow")["id"];
  EXPECT_LT(of_rank_1000, std::int64_t{1} << 53);
}

TEST_F(ChromeTraceTest, TheProfilersMarksOfNoProcessAreLeftOut) {
  const json events =
      settle({{{"ph", "X"}, {"name", "PyTorch Profiler (0)"}, {"pid", "Spans"}, {"tid", "PyTorch"}},
              {{"ph", "X"}, {"name", "forward"}, {"pid", 77}, {"tid", 77}}},
             0);
  EXPECT_TRUE(event_of(events, "PyTorch Profiler (0)").is_null());
  EXPECT_FALSE(event_of(events, "forward").is_null());
}

// Rank 1's clock starts 2,500 ns after rank 0's: its times are that much later on rank 0's axis.
TEST_F(ChromeTraceTest, MergedTracesShareAnAxis) {
  const std::int64_t base_ns = 1'700'000'000'000'000'000;
  const auto first =
      write("0.json", {{{"ph", "X"}, {"name", "a"}, {"pid", 0}, {"ts", 10.0}}}, base_ns);
  const auto second = write("1.json",
                            {{{"ph", "M"}, {"name", "process_name"}, {"pid", 1}},
                             {{"ph", "X"}, {"name", "b"}, {"pid", 1}, {"ts", 10.0}}},
                            base_ns + 2500);
  merge_traces({first, second}, folder_ / "merged.json");
  const json merged = json::parse(read_text(folder_ / "merged.json"));
  EXPECT_EQ(merged["baseTimeNanoseconds"], base_ns);
  EXPECT_EQ(merged["traceEvents"].size(), 3U);
  EXPECT_DOUBLE_EQ(event_of(merged["traceEvents"], "a")["ts"], 10.0);
  EXPECT_DOUBLE_EQ(event_of(merged["traceEvents"], "b")["ts"], 12.5);
}

TEST_F(ChromeTraceTest, DamagedTracesAreErrorsOfStorage) {
  const auto path = folder_ / "trace.json";
  const auto error = [&] { return error_of([&] { normalize_rank_trace(path, {0, "rank 0"}); }); };
  EXPECT_EQ(error().code(), ExitCode::kStorage);
  expect_contains(error().what(), "the profiler wrote no trace");
  for (const char* text : {"", "{\"traceEvents\": [{\"ph\":", "[]", "{\"traceEvents\": 1}"}) {
    write_text(path, text);
    EXPECT_EQ(error().code(), ExitCode::kStorage) << text;
    expect_contains(error().what(), "trace.json: is not a whole trace");
  }
}

}  // namespace
}  // namespace dplaunch
