#include "wsman/enumeration_items.h"

#include <utility>

#include <fmt/format.h>

#include "wsman/namespaces.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {
namespace {

class WrittenInstances : public ItemSource {
 public:
  WrittenInstances(std::unique_ptr<InstanceSource> source, Selection selection,
                   EnumerationMode mode)
      : source_(std::move(source)), selection_(std::move(selection)), mode_(mode) {}

  std::optional<std::string> Next() override {
    while (const std::optional<schema::Instance> instance = source_->Next()) {
      if (!selection_.matches || selection_.matches(*instance)) return Write(*instance);
    }
    return std::nullopt;
  }

  std::size_t Remaining() const override { return source_->Remaining(); }

 private:
  std::string WriteObject(const schema::Instance& instance) const {
    return selection_.properties.empty()
               ? xml::WriteInstance(instance, selection_.target.uri)
               : xml::WriteProjection(instance, selection_.properties, selection_.target.uri);
  }

  std::string Write(const schema::Instance& instance) const {
    switch (mode_) {
      case EnumerationMode::kObject:
        return WriteObject(instance);
      case EnumerationMode::kEpr:
        return xml::WriteEpr(instance, selection_.target.uri);
      case EnumerationMode::kObjectAndEpr:
        break;
    }
    // Clients cut items out of the reply, so each declares its own prefix.
    return fmt::format("<w:Item xmlns:w=\"{}\">{}{}</w:Item>", ns::kWsman, WriteObject(instance),
                       xml::WriteEpr(instance, selection_.target.uri));
  }

  const std::unique_ptr<InstanceSource> source_;
  const Selection selection_;
  const EnumerationMode mode_;
};

class Ready : public ItemSource {
 public:
  explicit Ready(std::vector<std::string> items) : items_(std::move(items)) {}

  std::optional<std::string> Next() override {
    if (next_ == items_.size()) return std::nullopt;
    return std::move(items_[next_++]);
  }

  std::size_t Remaining() const override { return items_.size() - next_; }

 private:
  std::vector<std::string> items_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<ItemSource> InstanceItems(std::unique_ptr<InstanceSource> source,
                                          Selection selection, EnumerationMode mode) {
  return std::make_unique<WrittenInstances>(std::move(source), std::move(selection), mode);
}

std::unique_ptr<ItemSource> ReadyItems(std::vector<std::string> items) {
  return std::make_unique<Ready>(std::move(items));
}

}  // namespace wsman
