#include "tests/provider/bitsctl/fake_service.h"

namespace bitsctl {
namespace {

using wsman::client::ClientError;

std::string Describe(const std::string& verb, const std::vector<Selector>& selectors,
                     const Properties& values) {
  std::string text = verb;
  for (const Selector& selector : selectors) text += " " + selector.value;
  for (const auto& [name, value] : values) text += " " + name + "=" + value;
  return text;
}

}  // namespace

Element MakeElement(const std::string& name, const Properties& values) {
  Element element;
  element.name = name;
  for (const auto& [child, text] : values) {
    Element& added = element.children.emplace_back();
    added.name = child;
    added.text = text;
  }
  return element;
}

Element MakeJob(const std::string& id, const std::string& name, int state,
                std::uint64_t transferred, std::uint64_t total) {
  Element job = MakeElement("BitsClientJob", {{"JobId", id},
                                              {"DisplayName", name},
                                              {"State", std::to_string(state)},
                                              {"Priority", "2"},
                                              {"BytesTotal", std::to_string(total)},
                                              {"BytesTransferred", std::to_string(transferred)},
                                              {"FilesTotal", "1"},
                                              {"JobCreationTime", "132539328000000000"},
                                              {"JobCompletionTime", "0"}});
  job.children.push_back(MakeElement("Files", {{"RemoteUrl", "http://h/f"},
                                               {"LocalFile", "C:\\f"},
                                               {"BytesTotal", "18446744073709551615"},
                                               {"BytesTransferred", "0"},
                                               {"Completed", "false"}}));
  return job;
}

ClientError NotThere() {
  return {ClientError::Kind::kFault, "no such resource", 500, 2150858752U,
          "DestinationUnreachable"};
}

Service::Reply<Element> FakeService::Identify() {
  calls.push_back("Identify");
  if (failure) return tl::unexpected(*failure);
  return MakeElement("IdentifyResponse", {{"ProductVendor", "test"}});
}

Service::Reply<Element> FakeService::Get(const std::string&,
                                         const std::vector<Selector>& selectors) {
  calls.push_back(Describe("Get", selectors, {}));
  if (failure) return tl::unexpected(*failure);
  if (!next_jobs.empty()) {
    Reply<Element> next = next_jobs.front();
    next_jobs.pop_front();
    return next;
  }
  const auto job = jobs.find(selectors.at(0).value);
  if (job == jobs.end()) return tl::unexpected(NotThere());
  return job->second;
}

Service::Reply<Element> FakeService::Put(const std::string& uri,
                                         const std::vector<Selector>& selectors,
                                         const Properties& values) {
  calls.push_back(Describe("Put", selectors, values));
  if (failure) return tl::unexpected(*failure);
  return MakeElement(uri, {});
}

Service::Reply<void> FakeService::Delete(const std::string&,
                                         const std::vector<Selector>& selectors) {
  calls.push_back(Describe("Delete", selectors, {}));
  if (failure) return tl::unexpected(*failure);
  return {};
}

Service::Reply<Element> FakeService::Invoke(const std::string&, const std::string& method,
                                            const std::vector<Selector>& selectors,
                                            const Properties& arguments) {
  calls.push_back(Describe(method, selectors, arguments));
  if (failure) return tl::unexpected(*failure);
  const auto output = outputs.find(method);
  if (output != outputs.end()) return output->second;
  return MakeElement(method + "_OUTPUT", {{"ReturnValue", "0"}});
}

Service::Reply<std::vector<Element>> FakeService::Enumerate(const std::string&,
                                                            const std::string& wql) {
  calls.push_back(Describe("Enumerate", {}, wql.empty() ? Properties{} : Properties{{"q", wql}}));
  if (failure) return tl::unexpected(*failure);
  std::vector<Element> all;
  for (const auto& entry : jobs) all.push_back(entry.second);
  return all;
}

Service::Reply<std::string> FakeService::Subscribe(const std::string&, const std::string& wql) {
  if (!has_events) {
    return tl::unexpected(wsman::client::ClientError{wsman::client::ClientError::Kind::kFault, "no",
                                                     500, 2150858771, "ActionNotSupported"});
  }
  calls.push_back("Subscribe " + wql);
  return std::string("uuid:1");
}

Service::Reply<std::vector<Element>> FakeService::PullEvents(const std::string&,
                                                             const std::string& subscription,
                                                             std::chrono::milliseconds) {
  calls.push_back("PullEvents " + subscription);
  if (next_events.empty()) return tl::unexpected(NotThere());
  std::vector<Element> events = std::move(next_events.front());
  next_events.pop_front();
  return events;
}

Service::Reply<void> FakeService::Unsubscribe(const std::string&, const std::string& subscription) {
  calls.push_back("Unsubscribe " + subscription);
  return {};
}

}  // namespace bitsctl
