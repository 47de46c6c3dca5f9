#include "launcher/stacks/pickle.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dplaunch {
namespace {

/// What a reader may have in memory: a few bytes can ask for a value again and again.
constexpr std::size_t kMaxValues = 4 << 20;

// Names and meaning: Lib/pickle.py of CPython.
enum class Op : unsigned char {
  kProto = 0x80,
  kStop = '.',
  kMark = '(',
  kNone = 'N',
  kTrue = 0x88,
  kFalse = 0x89,
  kInt4 = 'J',
  kInt1 = 'K',
  kInt2 = 'M',
  kLong1 = 0x8a,
  kFloat = 'G',
  kText = 'X',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kTuple = 't',
  kAppend = 'a',
  kAppends = 'e',
  kSetItem = 's',
  kSetItems = 'u',
  kPut1 = 'q',
  kPut4 = 'r',
  kGet1 = 'h',
  kGet4 = 'j',
};

/// Thrown within this file alone: it is no such pickle.
struct Unreadable {};

struct Value {
  Json json;
  std::size_t values = 1;  ///< that it is made of, with itself
  std::size_t depth = 1;
};

class Reader {
 public:
  explicit Reader(std::string_view pickle) : rest_(pickle) {}

  Json value() {
    for (;;) {
      const auto op = static_cast<Op>(unsigned_number(1));
      if (op == Op::kStop) break;
      perform(op);
    }
    if (stack_.size() != 1 || !marks_.empty()) throw Unreadable();
    return std::move(stack_.front().json);
  }

 private:
  void perform(Op op) {
    switch (op) {
      case Op::kProto:
        take(1);
        return;
      case Op::kMark:
        marks_.push_back(stack_.size());
        return;
      case Op::kNone:
        return push(nullptr);
      case Op::kTrue:
        return push(true);
      case Op::kFalse:
        return push(false);
      case Op::kInt4:
        return push(static_cast<std::int32_t>(unsigned_number(4)));
      case Op::kInt1:
        return push(unsigned_number(1));
      case Op::kInt2:
        return push(unsigned_number(2));
      case Op::kLong1:
        return push(signed_number(unsigned_number(1)));
      case Op::kFloat:
        return push(big_endian_double());
      case Op::kText:
        return push(std::string(take(unsigned_number(4))));
      case Op::kEmptyDict:
        return push(Json::object());
      case Op::kEmptyList:
      case Op::kEmptyTuple:
        return push(Json::array());
      default:
        return perform_on_stack(op);
    }
  }

  void perform_on_stack(Op op) {
    switch (op) {
      case Op::kTuple1:
        return make_tuple(place_of_last(1));
      case Op::kTuple2:
        return make_tuple(place_of_last(2));
      case Op::kTuple3:
        return make_tuple(place_of_last(3));
      case Op::kTuple:
        return make_tuple(place_of_mark());
      case Op::kAppend:
        return append(place_of_last(1));
      case Op::kAppends:
        return append(place_of_mark());
      case Op::kSetItem:
        return set_items(place_of_last(2));
      case Op::kSetItems:
        return set_items(place_of_mark());
      case Op::kPut1:
        return remember(unsigned_number(1));
      case Op::kPut4:
        return remember(unsigned_number(4));
      case Op::kGet1:
        return recall(unsigned_number(1));
      case Op::kGet4:
        return recall(unsigned_number(4));
      default:
        throw Unreadable();
    }
  }

  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) throw Unreadable();
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  /// Little-endian, as all of them but the floating point numbers.
  std::uint64_t unsigned_number(std::size_t bytes) {
    if (bytes > sizeof(std::uint64_t)) throw Unreadable();
    const std::string_view taken = take(bytes);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    }
    return number;
  }

  std::int64_t signed_number(std::size_t bytes) {
    if (bytes == 0) return 0;
    const std::uint64_t number = unsigned_number(bytes);
    const std::size_t unused_bits = 64 - 8 * bytes;
    return static_cast<std::int64_t>(number << unused_bits) >> unused_bits;
  }

  double big_endian_double() {
    std::uint64_t bits = 0;
    for (const char byte : take(sizeof bits)) bits = bits << 8 | static_cast<unsigned char>(byte);
    return std::bit_cast<double>(bits);
  }

  void push(Json json) { push(Value{std::move(json)}); }

  void push(Value value) {
    made_ += value.values;
    if (made_ > kMaxValues || value.depth > kMaxJsonDepth) throw Unreadable();
    stack_.push_back(std::move(value));
  }

  /// Where the last `count` values begin; what lies below a mark is not theirs.
  std::size_t place_of_last(std::size_t count) const {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() < bottom + count) throw Unreadable();
    return stack_.size() - count;
  }

  std::size_t place_of_mark() {
    if (marks_.empty()) throw Unreadable();
    const std::size_t place = marks_.back();
    marks_.pop_back();
    return place;
  }

  /// The values from that place on leave the stack.
  std::vector<Value> pop_from(std::size_t place) {
    std::vector<Value> values(std::make_move_iterator(stack_.begin() + at(place)),
                              std::make_move_iterator(stack_.end()));
    stack_.resize(place);
    return values;
  }

  static std::ptrdiff_t at(std::size_t place) { return static_cast<std::ptrdiff_t>(place); }

  void make_tuple(std::size_t place) {
    std::vector<Value> items = pop_from(place);
    push(Json::array());
    fill(stack_.back(), std::move(items));
  }

  void append(std::size_t place) {
    std::vector<Value> items = pop_from(place);
    fill(container(&Json::is_array), std::move(items));
  }

  static void fill(Value& list, std::vector<Value> items) {
    for (Value& item : items) list.json.push_back(part_of(list, std::move(item)));
  }

  void set_items(std::size_t place) {
    std::vector<Value> items = pop_from(place);
    Value& object = container(&Json::is_object);
    if (items.size() % 2 != 0) throw Unreadable();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const auto* key = items[i].json.get_ptr<const std::string*>();
      // An object looks for a key among all that it has.
      if (key == nullptr || object.json.size() >= kMaxJsonMembers) throw Unreadable();
      object.json[*key] = part_of(object, std::move(items[i + 1]));
    }
  }

  Value& container(bool (Json::*is_right)() const) {
    if (stack_.empty() || !(stack_.back().json.*is_right)()) throw Unreadable();
    return stack_.back();
  }

  static Json part_of(Value& container, Value item) {
    container.values += item.values;
    container.depth = std::max(container.depth, item.depth + 1);
    if (container.depth > kMaxJsonDepth) throw Unreadable();
    return std::move(item.json);
  }

  void remember(std::uint64_t name) {
    if (stack_.empty()) throw Unreadable();
    const Value& value = stack_.back();
    made_ += value.values;
    if (made_ > kMaxValues) throw Unreadable();
    memory_[name] = value;
  }

  void recall(std::uint64_t name) {
    const auto found = memory_.find(name);
    if (found == memory_.end()) throw Unreadable();
    push(found->second);
  }

  std::string_view rest_;
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;  ///< places in the stack
  std::map<std::uint64_t, Value> memory_;
  std::size_t made_ = 0;
};

}  // namespace

Json parse_pickle(std::string_view pickle) {
  try {
    return Reader(pickle).value();
  } catch (const Unreadable&) {
    return Json(Json::value_t::discarded);
  }
}

}  // namespace dplaunch
