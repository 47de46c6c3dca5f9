// What py-spy, gdb, eu-stack and a worker print of a stack, and what becomes of it.

#include "launcher/stacks/kernel_place.h"
#include "launcher/stacks/native_stack.h"
#include "launcher/stacks/py_spy.h"
#include "launcher/stacks/stack_tree.h"
#include "launcher/stacks/stack_words.h"
#include "launcher/stacks/trainer_stack.h"
#include "tests/fuzz/fuzz.h"

using namespace dplaunch;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  std::vector<RankStack> stacks;
  for (const TakenFrames& taken :
       {parse_py_spy(text, 1), parse_gdb(text), parse_eu_stack(text), parse_trainer_stack(text)}) {
    fuzz::expect(taken.frames.empty() != taken.problem.empty(), "frames, or why there are none");
    RankStack& stack = stacks.emplace_back();
    stack.rank = static_cast<int>(stacks.size());
    stack.frames = without_interpreter(taken.frames);
    for (const Frame& frame : taken.frames) {
      fuzz::expect(!frame.function.empty(), "a frame has a name");
      const std::string shown = frame_text(frame);
      fuzz::expect(shown.find('\n') == std::string::npos && shown.find('\x1b') == std::string::npos,
                   "a frame is fit for a terminal");
    }
    fuzz::expect(taken.frames.size() <= 200, "a stack is bounded");
  }
  call_words(text, file_words(text));
  const StackNode root = merged(stacks);
  tree_lines(root, true);
  const std::string lines = folded(root);
  fuzz::for_each_line(lines, [](std::string_view line) {
    fuzz::expect(line.ends_with(" 1") || line.ends_with(" 2") || line.ends_with(" 3") ||
                     line.ends_with(" 4"),
                 "a line ends with the number of its ranks");
  });
  fuzz::expect(odd_ranks(stacks).words.find('\n') == std::string::npos, "the words are one line");
  return 0;
}
