#include "launcher/commands/compare/comparison_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text/printable.h"
#include "base/text/text_table.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr int kAnyWidth = 1 << 20;

void add_table(std::string& text, const TextTable& table) {
  text += "\n" + joined(table.lines(kAnyWidth), "\n") + "\n";
}

std::string side_line(const char* letter, const ComparedSide& side) {
  std::string line = fmt::format("{}  {}", letter, printable(side.name));
  if (!side.is_of_seeds()) return line + "\n";
  std::vector<std::string> seeds;
  for (const ComparedSide::Run& run : side.runs) seeds.push_back(std::to_string(*run.seed));
  return fmt::format("{}  ({} of --seeds: {})\n", line,
                     counted(static_cast<std::int64_t>(seeds.size()), "run"), joined(seeds));
}

std::string keys_text(const std::vector<DifferingKey>& keys) {
  if (keys.empty()) return "\nthey differ in no key of the configuration\n";
  TextTable table({{"DIFFERING KEY"}, {"A"}, {"B"}});
  for (const DifferingKey& key : keys) {
    table.add({key.key, printable(key.values[0]), printable(key.values[1])});
  }
  std::string text;
  add_table(text, table);
  return text;
}

/// Of a ratio in percent, of a difference in points: "+9.1%", "-0.25".
std::string change_text(const PairedFigure& figure, double value) {
  return figure.is_difference ? fmt::format("{:+.2f}", value)
                              : fmt::format("{:+.1f}%", 100 * (value - 1));
}

std::string interval_text(const PairedFigure& figure, const MedianInterval& interval) {
  const std::string median = change_text(figure, interval.median);
  if (interval.count < 2) return median;
  return fmt::format("{} ({} to {})", median, change_text(figure, interval.low),
                     change_text(figure, interval.high));
}

/// By how much, without a sign, from the least to the greatest.
std::string amount_text(const PairedFigure& figure, const MedianInterval& interval) {
  const auto size_of = [&figure](double value) {
    return std::abs(figure.is_difference ? value : 100 * (value - 1));
  };
  const auto [least, greatest] = std::minmax({size_of(interval.low), size_of(interval.high)});
  const double size = size_of(interval.median);
  return figure.is_difference
             ? fmt::format("{:.2f} points ({:.2f} to {:.2f})", size, least, greatest)
             : fmt::format("{:.1f}% ({:.1f} to {:.1f}%)", size, least, greatest);
}

std::string verdict_text(const PairedFigure& figure, const Comparison& comparison) {
  const auto count = static_cast<std::int64_t>(figure.pairs.size());
  switch (comparison.verdict) {
    case PairVerdict::kTooFew:
      if (count == 1) return fmt::format("too few to say: 1 pair; {} give 95%", kFewestValues);
      return fmt::format(
          "too few to say: {}, of which the range covers the median {:.4g}% of the time; {} give "
          "95%",
          counted(count, "pair"), 100 * comparison.interval.coverage, kFewestValues);
    case PairVerdict::kNoDifference:
      return "no difference shown";
    case PairVerdict::kA:
    case PairVerdict::kB:
      break;
  }
  const char* side = comparison.verdict == PairVerdict::kA ? "A" : "B";
  if (figure.is_difference) {
    return fmt::format("{} is better by {}", side, amount_text(figure, comparison.interval));
  }
  // Percent are of A: what takes less time is named by what it takes less, or A by what B takes
  // more.
  const char* what = figure.better == PairedFigure::Better::kMore ? "speed" : "time";
  const bool is_more = comparison.interval.median > 1;
  return fmt::format("{} is faster{}: B has {} {} {}", side,
                     figure.unit == PairedFigure::Unit::kEpoch ? " in these two runs" : "",
                     amount_text(figure, comparison.interval), is_more ? "more" : "less", what);
}

const char* unit_name(const PairedFigure& figure) {
  return figure.unit == PairedFigure::Unit::kRun ? "run" : "epoch";
}

std::pair<double, double> medians_of(const PairedFigure& figure) {
  std::vector<double> a;
  std::vector<double> b;
  for (const ValuePair& pair : figure.pairs) {
    a.push_back(pair.a);
    b.push_back(pair.b);
  }
  return {median(std::move(a)), median(std::move(b))};
}

std::string figures_text(const std::vector<PairedFigure>& figures) {
  if (figures.empty()) return "\nthere is no figure that both have\n";
  TextTable table({{"FIGURE"},
                   {"UNIT"},
                   {"PAIRS", Align::kRight},
                   {"A", Align::kRight},
                   {"B", Align::kRight},
                   {"B AGAINST A"},
                   {"VERDICT"}});
  for (const PairedFigure& figure : figures) {
    const Comparison comparison = compare(figure);
    const auto [a, b] = medians_of(figure);
    table.add({figure.title, unit_name(figure), std::to_string(figure.pairs.size()),
               fmt::format("{:.4g}", a), fmt::format("{:.4g}", b),
               interval_text(figure, comparison.interval), verdict_text(figure, comparison)});
  }
  std::string text;
  add_table(text, table);
  return text;
}

}  // namespace

std::string comparison_text(const RunsComparison& comparison) {
  std::string text = side_line("A", comparison.a) + side_line("B", comparison.b) +
                     keys_text(comparison.keys) + figures_text(comparison.figures) + "\n";
  for (const std::string& note : comparison.notes) {
    text += "note: " + printable(note, Unprintable::kLeftOut) + "\n";
  }
  return text;
}

}  // namespace dplaunch
