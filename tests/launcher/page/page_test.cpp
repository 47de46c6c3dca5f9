// What a page is made of. That what it shows is what a run has, and how a browser takes it, is
// tested on real runs (tests/integration/test_report.py).
#include "launcher/page/page.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "launcher/page/axis_map.h"
#include "launcher/page/page_text.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

AxisMap linear(double low, double high) {
  AxisMap axis({"", AxisScale::kLinear}, low, high, true, 5);
  axis.set_pixels(200, 0);
  return axis;
}

TEST(AxisMap, ReachesWholeTicksAndNamesThemWithoutLoss) {
  const AxisMap axis = linear(0.13, 0.68);
  EXPECT_THAT(axis.ticks(), SizeIs(Ge(4)));
  EXPECT_EQ(axis.tick_label(axis.ticks().front()), "0.0");
  EXPECT_DOUBLE_EQ(axis.pixel(axis.ticks().front()), 200);
  EXPECT_DOUBLE_EQ(axis.pixel(axis.ticks().back()), 0);
}

TEST(AxisMap, OfPowersOfTwoHasEachOfThem) {
  AxisMap axis({"", AxisScale::kLog2}, 1, 8, false, 6);
  axis.set_pixels(0, 1);
  EXPECT_THAT(axis.ticks(), ElementsAre(1, 2, 4, 8));
  EXPECT_NEAR(axis.pixel(2) - axis.pixel(1), axis.pixel(8) - axis.pixel(4), 1e-12);
}

TEST(AxisMap, TakesEqualAndExtremeValues) {
  const double greatest = 1e100;
  for (const auto& [low, high] : {std::pair{0.0, 0.0},
                                  {5.0, 5.0},
                                  {-3.0, -3.0},
                                  {-greatest, greatest},
                                  {greatest, greatest},
                                  {0.0, 1e-300},
                                  {1e9, 1e9 + 1e-9}}) {
    for (const bool is_whole : {false, true}) {
      for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog2, AxisScale::kLog10}) {
        if (!is_drawable(low, scale)) continue;
        AxisMap axis({"", scale, false, is_whole}, low, high, true, 5);
        axis.set_pixels(200, 0);
        EXPECT_THAT(axis.ticks(), SizeIs(Le(20))) << low << " " << high;
        EXPECT_THAT(axis.ticks(), SizeIs(Ge(1))) << low << " " << high;
        EXPECT_TRUE(axis.pixel(low) >= -1 && axis.pixel(low) <= 201) << low << " " << high;
        for (const double tick : axis.ticks()) EXPECT_FALSE(axis.tick_label(tick).empty());
      }
    }
  }
}

TEST(PageText, LetsNothingBecomeMarkup) {
  EXPECT_EQ(page_text("<b a='1' c=\"2\">&\xff\x01"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;??");
  EXPECT_EQ(page_text("a\xc3\xa4\xc3\xa4", 4), "a\xc3\xa4...");  // no half character
  EXPECT_EQ(script_json({{"</script><!--", "\xff&"}}),
            "{\"\\u003c/script\\u003e\\u003c!--\":\"\\ufffd\\u0026\"}");
}

ChartSeries series_of(int points, double from) {
  ChartSeries series{"s", {}, SeriesStyle::kLine};
  for (int i = 0; i < points; ++i) {
    series.points.push_back({static_cast<double>(i), from + std::sin(i) / 3});
  }
  return series;
}

TEST(ThinnedOut, KeepsTheExtremesAndTheEnds) {
  std::vector<ChartPoint> points = series_of(10'000, 0).points;
  points[777].y = 50;
  points[7777].y = std::nan("");
  const std::vector<ChartPoint> kept = thinned_out(points, 100);
  EXPECT_THAT(kept, SizeIs(Le(100)));
  EXPECT_EQ(kept.front().x, 0);
  EXPECT_EQ(kept.back().x, 9'999);
  const auto is_greatest = [](const ChartPoint& point) { return point.x == 777; };
  EXPECT_EQ(std::count_if(kept.begin(), kept.end(), is_greatest), 1);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                             [](const auto& a, const auto& b) { return a.x < b.x; }));
}

LineChart chart_of(const std::string& id, int series, int points) {
  LineChart chart{id, "t", "", {"epoch"}, {"loss"}, {}};
  for (int i = 0; i < series; ++i) chart.series.push_back(series_of(points, i));
  return chart;
}

TEST(Page, KeepsItsLimitWhateverIsAdded) {
  Page page("t", "", "");
  for (int i = 0; i < 20; ++i) {
    page.add_chart(chart_of("c" + std::to_string(i), 8, 2'000));
    page.add_table(
        {{"a", "b"}, std::vector(1'000, std::vector<std::string>(2, std::string(400, '<')))});
    page.add_notice(NoticeTone::kWarning, std::string(1 << 20, '&'));
    page.add_lines(std::string(1 << 20, '"'));
  }
  const std::string html = page.html();
  EXPECT_THAT(html, SizeIs(Le(kMaxPageBytes)));
  EXPECT_THAT(html, HasSubstr("the page is full"));
}

TEST(Page, DrawsNoValueThatIsNoNumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  LineChart chart = chart_of("c", 1, 3);
  chart.series[0].points[1].y = infinity;
  chart.y.scale = AxisScale::kLog10;
  chart.series[0].points[2].y = -1;
  Page page("t", "", "");
  page.add_chart(chart);
  page.add_chart(chart_of("empty", 1, 0));
  page.add_chart(StackedBars{"bars", "t", "", "run", {"s"}, {"A"}, {{"part", {infinity}}}});
  const std::string html = page.html().substr(page.html().find("<main>"));
  EXPECT_THAT(html, Not(HasSubstr("inf")));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, HasSubstr("no values"));
}

TEST(Page, ASeriesLooksAsItIsTold) {
  LineChart chart = chart_of("c", 2, 3);
  chart.series[1].look = 5;
  Page page("t", "", "");
  page.add_chart(chart);
  EXPECT_THAT(page.html(),
              AllOf(HasSubstr("<g class=\"series s0\">"), HasSubstr("<g class=\"series s5\">"),
                    Not(HasSubstr("<g class=\"series s1\">"))));
}

TEST(WritePage, ReplacesAPageAndNothingElse) {
  const testing::TemporaryFolder folder;
  const Page page("t", "", "");
  write_page(folder.path() / "page.html", page);
  write_page(folder.path() / "page.html", page);
  testing::write_text(folder.path() / "notes.html", "mine");
  testing::expect_contains(
      testing::error_of(ExitCode::kStorage,
                        [&] { write_page(folder.path() / "notes.html", page); }),
      "is no page of dplaunch");
}

}  // namespace
}  // namespace dplaunch
