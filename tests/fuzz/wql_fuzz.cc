// Queries: what is read can be printed, and reads the same again; and a query
// that fits a class can be asked of its instances.
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "schema/bits_classes.h"
#include "wsman/wql_evaluate.h"
#include "wsman/wql_event.h"

namespace wql = wsman::wql;

namespace {

std::size_t DepthOf(const wql::Condition& condition) {
  std::size_t deepest = 0;
  for (const wql::Condition& operand : condition.operands) {
    deepest = std::max(deepest, DepthOf(operand));
  }
  return deepest + 1;
}

std::size_t TestsIn(const wql::Condition& condition) {
  std::size_t tests = condition.join == wql::Join::kTest ? 1 : 0;
  for (const wql::Condition& operand : condition.operands) tests += TestsIn(operand);
  return tests;
}

schema::Instance Job() {
  const schema::Class& type = schema::BitsClientJob();
  schema::Instance job{.type = &type, .values = std::vector<schema::Value>(type.properties.size())};
  for (std::size_t i = 0; i < type.properties.size(); ++i) {
    if (type.properties[i].type == schema::Type::kString) job.values[i] = std::string("Text %_[x]");
    if (type.properties[i].type == schema::Type::kUint32) job.values[i] = std::uint64_t{3};
  }
  return job;
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const auto query = wql::Parse(AsText(input));
  if (!query) return;
  if (input.size() > wql::kWqlBytes) std::abort();
  // AND inside OR needs no parentheses, so a tree is at most three times as
  // deep as the text nests.
  if (query->where && (DepthOf(*query->where) > 3 * wql::kWqlDepth + 3 ||
                       TestsIn(*query->where) > wql::kWqlSymbols)) {
    std::abort();
  }
  // Printing may need more spaces, but nothing else.
  const std::string printed = wql::Print(*query);
  const auto again = wql::Parse(printed);
  if (printed.size() <= wql::kWqlBytes && (!again || *again != *query)) std::abort();

  static const schema::Instance job = Job();
  if (const auto bound = wql::Bind(*query, *job.type)) bound->matches(job);
  wql::ClassOfEvents(*query);
  if (const auto bound = wql::BindEvents(*query, *job.type)) {
    bound->holds({.kind = wsman::EventKind::kModification, .target = job, .previous = &job});
  }
}
