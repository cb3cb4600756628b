#include "wsman/fragment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "wsman/quoted.h"

namespace wsman {
namespace {

constexpr std::string_view kTextStep = "/text()";

// One step: a name with an optional index.
struct Step {
  std::string_view name;
  std::size_t index = 0;
};

std::optional<std::size_t> ParseIndex(std::string_view text) {
  // Nine digits are more than any array here and fit every integer.
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::size_t index = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  if (index == 0) return std::nullopt;
  return index;
}

std::optional<Step> ParseStep(std::string_view text) {
  const std::size_t bracket = text.find('[');
  if (bracket == std::string_view::npos) return Step{text, 0};
  if (!text.ends_with(']')) return std::nullopt;
  const auto index = ParseIndex(text.substr(bracket + 1, text.size() - bracket - 2));
  if (!index) return std::nullopt;
  return Step{text.substr(0, bracket), *index};
}

const schema::Property* FindExactly(const schema::Class& type, std::string_view name) {
  const schema::Property* property = schema::FindProperty(type, name);
  return property != nullptr && property->name == name ? property : nullptr;
}

std::optional<FragmentPath> Parse(const schema::Class& type, std::string_view text) {
  FragmentPath path;
  if (text.ends_with(kTextStep)) {
    path.form = xml::FragmentForm::kText;
    text.remove_suffix(kTextStep.size());
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<Step> step = ParseStep(text.substr(0, slash));
  if (!step) return std::nullopt;
  path.property = FindExactly(type, step->name);
  path.index = step->index;
  if (path.property == nullptr || (path.index != 0 && !path.property->is_array))
    return std::nullopt;

  if (slash < text.size()) {
    if (path.property->embedded == nullptr || path.index == 0) return std::nullopt;
    path.embedded = FindExactly(*path.property->embedded, text.substr(slash + 1));
    if (path.embedded == nullptr) return std::nullopt;
  }
  // An embedded instance has elements, no text of its own.
  const schema::Property& last = path.embedded != nullptr ? *path.embedded : *path.property;
  if (path.form == xml::FragmentForm::kText && last.embedded != nullptr) return std::nullopt;
  return path;
}

tl::unexpected<Fault> NoSuchElement(const FragmentPath& path) {
  return Fail(FaultCode::kFragmentPath,
              fmt::format("{} has no element {}.", path.property->name, path.index));
}

// A copy of the instance in which the array holds the addressed element only.
Result<schema::Instance> WithOneElement(const schema::Instance& instance,
                                        const FragmentPath& path) {
  schema::Instance copy = instance;
  schema::Value& value =
      copy.values[static_cast<std::size_t>(path.property - instance.type->properties.data())];
  if (auto* numbers = std::get_if<std::vector<std::uint64_t>>(&value)) {
    if (path.index > numbers->size()) return NoSuchElement(path);
    *numbers = {(*numbers)[path.index - 1]};
    return copy;
  }
  auto* instances = std::get_if<std::vector<schema::Instance>>(&value);
  if (instances == nullptr || path.index > instances->size()) return NoSuchElement(path);
  std::vector<schema::Instance> one;
  one.push_back(std::move((*instances)[path.index - 1]));
  *instances = std::move(one);
  return copy;
}

}  // namespace

Result<FragmentPath> ParseFragmentPath(const schema::Class& type, std::string_view text) {
  if (std::optional<FragmentPath> path = Parse(type, text)) return *path;
  return Fail(FaultCode::kFragmentPath,
              fmt::format("{} addresses nothing in {}; write a property's name in its exact "
                          "spelling, such as Name, Name/text() or Name[1], without a leading '/'.",
                          Quoted(text), type.name));
}

Result<std::string> WriteFragmentOf(const schema::Instance& instance, const FragmentPath& path,
                                    const ResourceUri& uri) {
  if (path.index == 0) return xml::WriteFragment(instance, *path.property, path.form, uri);
  const Result<schema::Instance> one = WithOneElement(instance, path);
  if (!one) return tl::unexpected(one.error());
  if (path.embedded == nullptr) return xml::WriteFragment(*one, *path.property, path.form, uri);

  const auto& instances =
      std::get<std::vector<schema::Instance>>(schema::ValueOf(*one, path.property->name));
  ResourceUri embedded = uri;
  embedded.class_name = path.property->embedded->name;
  embedded.text = UriOfClass(uri, embedded.class_name);
  return xml::WriteFragment(instances.front(), *path.embedded, path.form, embedded);
}

}  // namespace wsman
