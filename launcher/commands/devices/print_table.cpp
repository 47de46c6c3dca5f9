#include <fmt/core.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/text/printable.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "base/text/wrap_text.h"
#include "launcher/commands/devices/device_report.h"
#include "launcher/devices/gpu_words.h"

namespace dplaunch {
namespace {

constexpr int kTableColumns = 80;

void print_wide(std::ostream& out, const TextTable& table) {
  for (const std::string& line : table.lines(kTableColumns)) out << line << "\n";
}

std::string logical(const ReportedGpu& reported) {
  return reported.is_visible ? std::to_string(reported.gpu.logical_index) : "-";
}

/// Enough of a UUID to name the GPU with.
std::string short_uuid(const Gpu& gpu) {
  return gpu.uuid.empty() ? "-" : printable(gpu.uuid.substr(0, 12));
}

/// The maker is the same everywhere; of an instance only the profile differs from its GPU's name.
std::string short_name(const Gpu& gpu, const DeviceKind& kind) {
  std::string name = printable(gpu.name);
  const std::string vendor = fmt::format("{} ", kind.vendor);
  if (name.starts_with(vendor)) name.erase(0, vendor.size());
  const std::size_t profile = name.find(" MIG ");
  if (is_mig_instance(gpu) && profile != std::string::npos) name.erase(0, profile + 1);
  return name.empty() ? "-" : name;
}

std::string memory(const Gpu& gpu) {
  if (gpu.memory_total_bytes <= 0) return "-";
  return fmt::format("{}/{}", gib_text(gpu.memory_used_bytes), gib_text(gpu.memory_total_bytes));
}

std::string watts(int milliwatts) {
  return milliwatts < 0 ? "?" : std::to_string((milliwatts + 500) / 1000);
}

std::string power(const Gpu& gpu) {
  if (gpu.power_usage_mw < 0 && gpu.power_limit_mw < 0) return "-";
  return fmt::format("{}/{}", watts(gpu.power_usage_mw), watts(gpu.power_limit_mw));
}

std::string with_unit(int figure, const char* unit) {
  return figure < 0 ? "-" : fmt::format("{}{}", figure, unit);
}

void print_head(std::ostream& out, const DeviceReport& report) {
  const GpuProbe& probe = report.machine.probe;
  if (probe.gpus.empty()) {
    out << wrapped("no GPU: " + printable(probe.note), kTableColumns, 2);
    return;
  }
  out << fmt::format("{} driver {}\n", probe.kind->vendor, printable(probe.driver_version));
  if (!probe.other_gpus.empty()) out << wrapped(probe.other_gpus, kTableColumns, 2);
  out << "\n";
}

void print_gpus(std::ostream& out, const DeviceReport& report) {
  if (report.gpus.empty()) return;
  TextTable table({{.heading = "GPU", .align = Align::kRight},
                   {.heading = "PHYS", .align = Align::kRight},
                   {.heading = "NAME", .is_flexible = true},
                   {.heading = "UUID"},
                   {.heading = "UTIL", .align = Align::kRight},
                   {.heading = "MEM GiB", .align = Align::kRight},
                   {.heading = "POWER W", .align = Align::kRight},
                   {.heading = "TEMP", .align = Align::kRight},
                   {.heading = "STATE"}});
  for (const ReportedGpu& reported : report.gpus) {
    const Gpu& gpu = reported.gpu;
    table.add({logical(reported), std::to_string(gpu.index),
               short_name(gpu, *report.machine.probe.kind), short_uuid(gpu),
               with_unit(gpu.utilization_percent, "%"), memory(gpu), power(gpu),
               with_unit(gpu.temperature_celsius, "C"), state_of(gpu)});
  }
  print_wide(out, table);
  for (const ReportedGpu& reported : report.gpus) {
    const Gpu& gpu = reported.gpu;
    if (gpu.error.empty()) continue;
    out << wrapped(
        fmt::format("GPU {} (physical) cannot be used: {}", gpu.index, printable(gpu.error)),
        kTableColumns, 2);
  }
}

void add_process_row(TextTable& table, const ReportedGpu& gpu, const ReportedProcess& reported) {
  const auto& [process, description] = reported;
  const bool is_visible = description.is_visible;
  table.add({logical(gpu), std::to_string(gpu.gpu.index), std::to_string(process.pid),
             is_visible ? description.user : "?",
             process.memory_bytes < 0 ? "-" : gib_text(process.memory_bytes),
             is_visible ? description.command : "(not visible here)"});
}

/// "0, 2": the physical numbers of the GPUs for which `holds`; empty for none.
template <typename Predicate>
std::string numbers_of(const std::vector<ReportedGpu>& gpus, Predicate holds) {
  std::vector<std::string> numbers;
  for (const ReportedGpu& gpu : gpus) {
    if (holds(gpu)) numbers.push_back(std::to_string(gpu.gpu.index));
  }
  return joined(numbers);
}

bool has_hidden_process(const ReportedGpu& gpu) {
  return std::any_of(gpu.processes.begin(), gpu.processes.end(),
                     [](const ReportedProcess& p) { return !p.description.is_visible; });
}

/// What the list of processes cannot show.
void print_process_notes(std::ostream& out, const DeviceReport& report) {
  const std::string silent = numbers_of(report.gpus, [](const ReportedGpu& gpu) {
    return gpu.gpu.error.empty() && !gpu.gpu.lists_processes;
  });
  const std::string mysterious = numbers_of(report.gpus, [](const ReportedGpu& gpu) {
    return gpu.gpu.lists_processes && gpu.processes.empty() && state_of(gpu.gpu) == "busy";
  });
  if (!silent.empty()) {
    out << wrapped(
        fmt::format("The driver does not list the processes on physical GPU {}.", silent),
        kTableColumns, 0);
  }
  if (!mysterious.empty()) {
    out << wrapped(
        fmt::format("Physical GPU {}: busy without a process; in another container, or just ended?",
                    mysterious),
        kTableColumns, 0);
  }
  if (std::any_of(report.gpus.begin(), report.gpus.end(), has_hidden_process)) {
    out << "Not visible here: hidden from this user, in another container, or ended by now.\n";
  }
}

void print_processes(std::ostream& out, const DeviceReport& report) {
  if (report.gpus.empty()) return;
  TextTable table({{.heading = "GPU", .align = Align::kRight},
                   {.heading = "PHYS", .align = Align::kRight},
                   {.heading = "PID", .align = Align::kRight},
                   {.heading = "USER"},
                   {.heading = "MEM GiB", .align = Align::kRight},
                   {.heading = "COMMAND", .is_flexible = true}});
  std::size_t count = 0;
  for (const ReportedGpu& gpu : report.gpus) {
    for (const ReportedProcess& process : gpu.processes) add_process_row(table, gpu, process);
    count += gpu.processes.size();
  }
  out << "\n";
  if (count > 0) {
    print_wide(out, table);
  } else {
    out << "No processes are listed.\n";
  }
  print_process_notes(out, report);
  if (count > 0 && report.has_other_processes) {
    out << wrapped(
        "This is a container with process numbers of its own: the driver's numbers may "
        "mean other processes here.",
        kTableColumns, 0);
  }
}

std::string link_name(const std::vector<GpuLink>& links, int a, int b) {
  if (a == b) return "X";
  const auto found = std::find_if(links.begin(), links.end(), [&](const GpuLink& link) {
    return link.first == std::min(a, b) && link.second == std::max(a, b);
  });
  return found == links.end() ? "?" : found->name();
}

void print_links(std::ostream& out, const DeviceReport& report) {
  if (report.links.empty()) return;
  std::vector<int> indices;
  for (const GpuLink& link : report.links) {
    for (const int index : {link.first, link.second}) {
      if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
        indices.push_back(index);
      }
    }
  }
  std::vector<TableColumn> columns = {{.heading = "PHYS", .align = Align::kRight}};
  for (const int index : indices) {
    columns.push_back({.heading = std::to_string(index), .align = Align::kRight});
  }
  TextTable table(std::move(columns));
  for (const int row : indices) {
    std::vector<std::string> cells = {std::to_string(row)};
    for (const int column : indices) cells.push_back(link_name(report.links, row, column));
    table.add(std::move(cells));
  }
  out << "\n";
  print_wide(out, table);
  out << "NV4 means 4 NVLinks. Over PCIe: PIX one switch, PXB several, PHB the CPU's host\n"
         "bridge, NODE host bridges of one NUMA node, SYS from one NUMA node to another.\n";
}

void print_mask(std::ostream& out, const DeviceReport& report) {
  std::vector<std::string> masks;
  for (const InheritedMask& mask : inherited_masks(report.machine)) {
    masks.push_back(fmt::format("{}=\"{}\"", mask.variable, printable(mask.value)));
  }
  if (masks.empty()) return;
  out << "\n"
      << wrapped(fmt::format("{} is inherited; --device counts in its list:",
                             joined(masks, ", and in that ")),
                 kTableColumns, 0);
  bool is_empty = true;
  for (const ReportedGpu& reported : report.gpus) {
    if (!reported.is_visible) continue;
    is_empty = false;
    out << fmt::format("  GPU {} = physical {} = {}\n", reported.gpu.logical_index,
                       reported.gpu.index, printable(reported.gpu.uuid));
  }
  if (is_empty) out << "  no GPU\n";
  if (!report.mask_note.empty())
    out << wrapped("  " + printable(report.mask_note), kTableColumns, 0);
}

std::string chosen(const DeviceSelection& selection) {
  std::vector<std::string> gpus;
  for (const Gpu& gpu : selection.gpus) {
    gpus.push_back(device_name(gpu) + (is_busy(gpu) ? " (busy)" : ""));
  }
  return fmt::format("{}; {}", selection.is_cpu() ? "the CPU" : "GPU " + joined(gpus),
                     counted(selection.processes(), "process", "processes"));
}

/// Of the warnings only those that the tables do not show already.
void print_choice(std::ostream& out, const Choice& choice, const std::string& mask_note) {
  const std::string text =
      fmt::format("--device {} takes {}", choice.device, chosen(choice.selection));
  out << wrapped(printable(text), kTableColumns, 2);
  if (!choice.selection.is_cpu()) return;
  for (const std::string& warning : choice.selection.warnings) {
    const bool is_shown = !mask_note.empty() && warning.ends_with(mask_note);
    if (!is_shown) out << wrapped("  " + printable(warning), kTableColumns, 0);
  }
}

}  // namespace

void print_table(std::ostream& out, const DeviceReport& report) {
  print_head(out, report);
  print_gpus(out, report);
  print_processes(out, report);
  print_links(out, report);
  print_mask(out, report);
  out << fmt::format("\nCPU: {}\n", counted(report.machine.usable_cores, "usable core"));
  if (report.automatic.error) {
    out << "--device auto takes nothing: no GPU is idle\n";
  } else {
    print_choice(out, report.automatic, report.mask_note);
  }
  // The error that follows says why a device string chooses nothing.
  if (report.asked && !report.asked->error) print_choice(out, *report.asked, report.mask_note);
}

}  // namespace dplaunch
